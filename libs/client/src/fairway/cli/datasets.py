"""Datasets."""

from pathlib import Path
from typing import Annotated, Any

import typer

from fairway.cli.session import client, console, in_words, read_json
from fairway.cli.show import table, watch

app = typer.Typer(no_args_is_help=True, help="Chips and labels of an area.")


@app.command("list")
@in_words
def list_(search: str | None = None, limit: int = 20) -> None:
    with client() as fairway:
        page = fairway.datasets.list(limit=limit, search=search)
    console.print(
        table(f"Datasets ({page.count})", ("id", "title", "status", "visibility", "created_at"), page.results)
    )


@app.command()
@in_words
def build(
    title: str,
    area: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="GeoJSON file with a Polygon, a Feature or a FeatureCollection"
        ),
    ],
    imagery: Annotated[str, typer.Option(help="Tile template with {x} {y} {z}")],
    zoom: int = 19,
    key: Annotated[str, typer.Option(help="OSM key of the labels")] = "building",
    category: str = "buildings",
) -> None:
    """Draws the areas, builds a dataset of buildings and watches it."""
    areas = polygons(read_json(area.read_text(), str(area)))
    if not areas:
        raise typer.BadParameter(f"{area} has no Polygon")
    with client() as fairway:
        aois = [fairway.aois.create(polygon).id for polygon in areas]
        dataset = fairway.datasets.build(
            title=title, description=title, source_imagery=imagery, category=category, zoom=zoom, aoi_ids=aois,
            label_tasks=["semantic-segmentation"], label_classes=[{"name": key, "classes": ["*"]}],
            keywords=[key, "semantic-segmentation", "polygon"], geometry_type="polygon",
        )  # fmt: skip
        watch(console, fairway.follow(fairway.datasets, "dataset_id", dataset.id))
        console.print(f"Dataset [bold]{dataset.id}[/bold] is built: {dataset.stac_id}")


@app.command("watch")
@in_words
def watch_(dataset_id: int) -> None:
    """Progress of a build."""
    with client() as fairway:
        watch(console, fairway.follow(fairway.datasets, "dataset_id", dataset_id))


@app.command()
@in_words
def rebuild(dataset_id: int) -> None:
    """Builds a failed dataset again and watches it."""
    with client() as fairway:
        fairway.datasets.rebuild(dataset_id)
        watch(console, fairway.follow(fairway.datasets, "dataset_id", dataset_id))


@app.command()
@in_words
def publish(dataset_id: int) -> None:
    """Shows it to everyone."""
    with client() as fairway:
        fairway.datasets.publish(dataset_id)


def polygons(document: Any) -> list[dict]:
    """The Polygon geometries of any GeoJSON document."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        return [polygon for feature in document["features"] for polygon in polygons(feature)]
    if kind == "Feature":
        return polygons(document["geometry"])
    if kind == "MultiPolygon":
        return [{"type": "Polygon", "coordinates": part} for part in document["coordinates"]]
    return [document] if kind == "Polygon" else []
