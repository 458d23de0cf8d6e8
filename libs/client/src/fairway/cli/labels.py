"""Labels of an AOI."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fairway import rows
from fairway.cli.session import client, console, in_words, read_json
from fairway.cli.show import watch
from fairway.client import Fairway

app = typer.Typer(no_args_is_help=True, help="What is on the ground of an AOI.")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GeoJSON FeatureCollection in EPSG:4326")]


@app.command()
@in_words
def fetch(aoi_id: int) -> None:
    """Takes the buildings of OpenStreetMap as the AOI's labels."""
    with client() as fairway:
        _watched(fairway, fairway.labels.fetch(aoi_id))


@app.command()
@in_words
def upload(aoi_id: int, file: File) -> None:
    """Adds the features of a file."""
    collection = read_json(file.read_text(), str(file))
    with client() as fairway:
        _watched(fairway, fairway.labels.upload(aoi_id, collection))


@app.command()
@in_words
def download(aoi_id: int, file: Path = Path("labels.geojson")) -> None:
    """Writes the AOI's labels, with their tags, into a file."""
    with client() as fairway, file.open("w") as target:
        features = [label.model_dump() for label in fairway.labels.all(aoi=aoi_id)]
        json.dump({"type": "FeatureCollection", "features": features}, target)
    console.print(f"{len(features)} labels in {file}", markup=False)


def _watched(fairway: Fairway, aoi: rows.Aoi) -> None:
    watch(console, fairway.follow(fairway.aois, "aoi_id", aoi.id))
    console.print(f"The AOI has {fairway.aois.get(aoi.id).label_count} labels.")
