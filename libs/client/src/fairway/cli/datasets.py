"""Datasets."""

from pathlib import Path
from typing import Annotated, Any

import typer

from fairway.cli.display import table, watch
from fairway.cli.outcome import sentences
from fairway.cli.session import client, console, print_api_errors, read_json
from fairway.rows import Dataset

app = typer.Typer(no_args_is_help=True, help="Chips and labels of an area.")


@app.command("list")
@print_api_errors
def list_(search: str | None = None, limit: int = 20) -> None:
    with client() as fairway:
        page = fairway.datasets.list(limit=limit, search=search)
    console.print(
        table(f"Datasets ({page.count})", ("id", "title", "status", "visibility", "created_at"), page.results)
    )


@app.command()
@print_api_errors
def build(
    title: str,
    area: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="GeoJSON file with a Polygon, a Feature or a FeatureCollection"
        ),
    ],
    imagery: Annotated[str, typer.Option(help="Tile template with {x} {y} {z}, as JOSM writes it too, or a TileJSON")],
    zoom: int = 19,
    key: Annotated[str, typer.Option(help="OSM key of the labels")] = "building",
    category: str = "buildings",
) -> None:
    """Creates the areas, builds a dataset of buildings and shows its progress."""
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
        _say_outcome(fairway.datasets.get(dataset.id))


@app.command("watch")
@print_api_errors
def watch_(dataset_id: int) -> None:
    """Shows the progress of a build."""
    with client() as fairway:
        watch(console, fairway.follow(fairway.datasets, "dataset_id", dataset_id))
        _say_outcome(fairway.datasets.get(dataset_id))


@app.command()
@print_api_errors
def rebuild(dataset_id: int) -> None:
    """Builds a failed dataset again and shows its progress."""
    with client() as fairway:
        fairway.datasets.rebuild(dataset_id)
        watch(console, fairway.follow(fairway.datasets, "dataset_id", dataset_id))
        _say_outcome(fairway.datasets.get(dataset_id))


@app.command()
@print_api_errors
def cancel(dataset_id: int) -> None:
    """Cancels a build that is under way."""
    with client() as fairway:
        fairway.datasets.cancel(dataset_id)


@app.command()
@print_api_errors
def publish(dataset_id: int) -> None:
    """Makes a dataset public."""
    with client() as fairway:
        fairway.datasets.publish(dataset_id)


def _say_outcome(dataset: Dataset) -> None:
    outcome = dataset.outcome or {}
    for line in [
        *sentences(outcome.get("tiles"), "tiles"),
        *sentences(outcome.get("labels"), "labels"),
        *outcome.get("notes", []),
    ]:
        console.print(line, style="yellow", markup=False)


def polygons(document: Any) -> list[dict]:
    """Returns the Polygon geometries of a GeoJSON document; MultiPolygons are split."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        return [polygon for feature in document["features"] for polygon in polygons(feature)]
    if kind == "Feature":
        return polygons(document["geometry"])
    if kind == "MultiPolygon":
        return [{"type": "Polygon", "coordinates": part} for part in document["coordinates"]]
    return [document] if kind == "Polygon" else []
