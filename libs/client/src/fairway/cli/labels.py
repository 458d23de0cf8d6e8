"""Labels of an AOI."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fairway import rows
from fairway.cli import label_imports, label_store, label_teams
from fairway.cli.display import watch
from fairway.cli.outcome import sentences
from fairway.cli.session import client, console, print_api_errors, read_json
from fairway.client import Fairway

app = typer.Typer(no_args_is_help=True, help="Labels of an AOI, and the label store.")
app.add_typer(label_store.image_sets, name="image-sets")
app.add_typer(label_store.campaigns, name="campaigns")
app.add_typer(label_store.datasets, name="datasets")
app.add_typer(label_imports.imports, name="imports")
app.add_typer(label_teams.taxonomies, name="taxonomies")
app.add_typer(label_teams.audit, name="audit")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GeoJSON FeatureCollection in EPSG:4326")]


@app.command()
@print_api_errors
def fetch(aoi_id: int) -> None:
    """Replaces the AOI's labels by buildings of OpenStreetMap."""
    with client() as fairway:
        _watch(fairway, fairway.labels.fetch(aoi_id))


@app.command()
@print_api_errors
def upload(aoi_id: int, file: File) -> None:
    """Adds the features of a file to the AOI's labels."""
    collection = read_json(file.read_text("utf-8-sig"), str(file))
    with client() as fairway:
        _watch(fairway, fairway.labels.upload(aoi_id, collection))


@app.command()
@print_api_errors
def download(aoi_id: int, file: Path = Path("labels.geojson")) -> None:
    """Writes the AOI's labels with their tags to a file."""
    with client() as fairway, file.open("w") as target:
        features = [label.model_dump() for label in fairway.labels.all(aoi=aoi_id)]
        json.dump({"type": "FeatureCollection", "features": features}, target)
    console.print(f"{len(features)} labels in {file}", markup=False)


def _watch(fairway: Fairway, aoi: rows.Aoi) -> None:
    watch(console, fairway.follow(fairway.aois, "aoi_id", aoi.id))
    ended = fairway.aois.get(aoi.id)
    console.print(f"The AOI has {ended.label_count} labels.")
    for sentence in sentences(ended.label_outcome, "features"):
        console.print(sentence, markup=False)
