"""Predictions."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID

from fairway.cli.display import bars, table, watch
from fairway.cli.outcome import sentences
from fairway.cli.session import client, console, print_api_errors, read_json
from fairway.client import Fairway

app = typer.Typer(no_args_is_help=True, help="Features found by a model.")
FILES = {"geojson": "predictions.geojson", "fgb": "predictions.fgb", "pmtiles": "predictions.pmtiles"}


@app.command("list")
@print_api_errors
def list_(status: str | None = None, limit: int = 20) -> None:
    columns = ("id", "status", "results_ready", "local_model_stac_id", "submitted_at", "error")
    with client() as fairway:
        page = fairway.predictions.list(limit=limit, status=status)
    console.print(table(f"Predictions ({page.count})", columns, page.results))


@app.command()
@print_api_errors
def submit(
    model: Annotated[str, typer.Argument(help="STAC id of a base or local model")],
    imagery: Annotated[str, typer.Argument(help="Tile template with {x} {y} {z}")],
    bbox: Annotated[str, typer.Argument(help="west,south,east,north")],
    zoom: int = 19,
    confidence: float | None = None,
) -> None:
    """Starts a prediction and shows its progress."""
    params = {} if confidence is None else {"confidence_threshold": confidence}
    box = read_json(f"[{bbox}]", "bbox")
    with client() as fairway:
        prediction = fairway.predictions.submit(
            model_stac_id=model, image_uri=imagery, bbox=box, zoom=zoom, params=params
        )
        console.print(f"Prediction [bold]{prediction.id}[/bold]")
        _watch(fairway, prediction.id)


@app.command("watch")
@print_api_errors
def watch_(prediction_id: int) -> None:
    with client() as fairway:
        _watch(fairway, prediction_id)


@app.command()
@print_api_errors
def logs(prediction_id: int, step: str | None = None, tail: int = 100) -> None:
    with client() as fairway:
        run_id = fairway.predictions.get(prediction_id).zenml_run_id
        for line in fairway.predictions.logs(run_id, tail=tail, step=step) if run_id else ():
            console.print(f"{line.timestamp or '':} {line.level:7} {line.message}", markup=False)


@app.command()
@print_api_errors
def download(prediction_id: int, folder: Path = Path(".")) -> None:
    """Downloads the result files."""
    folder.mkdir(parents=True, exist_ok=True)
    with client() as fairway, bars() as progress:
        for kind, url in fairway.predictions.result(prediction_id).items():
            task = progress.add_task(kind, total=None, note="")

            def advance(size: int, total: int, task: TaskID = task) -> None:
                progress.update(task, advance=size, total=total)

            fairway.download(url, str(folder / FILES[kind]), advance)


@app.command()
@print_api_errors
def cancel(prediction_id: int) -> None:
    with client() as fairway:
        fairway.predictions.cancel(prediction_id)


@app.command()
@print_api_errors
def retry(prediction_id: int) -> None:
    """Runs a failed or cancelled prediction again and shows its progress."""
    with client() as fairway:
        fairway.predictions.retry(prediction_id)
        _watch(fairway, prediction_id)


@app.command()
@print_api_errors
def publish(prediction_id: int) -> None:
    """Makes a prediction public."""
    with client() as fairway:
        fairway.predictions.publish(prediction_id)


def _watch(fairway: Fairway, prediction_id: int) -> None:
    watch(console, fairway.follow(fairway.predictions, "prediction_id", prediction_id))
    outcome = fairway.predictions.get(prediction_id).outcome or {}
    for sentence in (*sentences(outcome.get("tiles"), "tiles"), *sentences(outcome.get("features"), "features")):
        console.print(sentence, markup=False)
