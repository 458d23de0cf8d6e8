"""Predictions."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID

from fairway.cli.session import client, console, in_words, read_json
from fairway.cli.show import bars, table, watch

app = typer.Typer(no_args_is_help=True, help="Features found by a model.")
FILES = {"geojson": "predictions.geojson", "fgb": "predictions.fgb", "pmtiles": "predictions.pmtiles"}


@app.command("list")
@in_words
def list_(status: str | None = None, limit: int = 20) -> None:
    columns = ("id", "status", "results_ready", "local_model_stac_id", "submitted_at", "error")
    with client() as fairway:
        page = fairway.predictions.list(limit=limit, status=status)
    console.print(table(f"Predictions ({page.count})", columns, page.results))


@app.command()
@in_words
def submit(
    model: Annotated[str, typer.Argument(help="STAC id of a base or local model")],
    imagery: Annotated[str, typer.Argument(help="Tile template with {x} {y} {z}")],
    bbox: Annotated[str, typer.Argument(help="west,south,east,north")],
    zoom: int = 19,
    confidence: float | None = None,
) -> None:
    """Starts a prediction and watches it."""
    params = {} if confidence is None else {"confidence_threshold": confidence}
    box = read_json(f"[{bbox}]", "bbox")
    with client() as fairway:
        prediction = fairway.predictions.submit(
            model_stac_id=model, image_uri=imagery, bbox=box, zoom=zoom, params=params
        )
        console.print(f"Prediction [bold]{prediction.id}[/bold]")
        watch(console, fairway.follow(fairway.predictions, "prediction_id", prediction.id))


@app.command("watch")
@in_words
def watch_(prediction_id: int) -> None:
    with client() as fairway:
        watch(console, fairway.follow(fairway.predictions, "prediction_id", prediction_id))


@app.command()
@in_words
def logs(prediction_id: int, step: str | None = None, tail: int = 100) -> None:
    with client() as fairway:
        run_id = fairway.predictions.get(prediction_id).zenml_run_id
        for line in fairway.predictions.logs(run_id, tail=tail, step=step) if run_id else ():
            console.print(f"{line.timestamp or '':} {line.level:7} {line.message}", markup=False)


@app.command()
@in_words
def download(prediction_id: int, folder: Path = Path(".")) -> None:
    """The three result files, with a bar each."""
    folder.mkdir(parents=True, exist_ok=True)
    with client() as fairway, bars() as progress:
        for kind, url in fairway.predictions.result(prediction_id).items():
            task = progress.add_task(kind, total=None, note="")

            def advance(size: int, total: int, task: TaskID = task) -> None:
                progress.update(task, advance=size, total=total)

            fairway.download(url, str(folder / FILES[kind]), advance)


@app.command()
@in_words
def cancel(prediction_id: int) -> None:
    with client() as fairway:
        fairway.predictions.cancel(prediction_id)


@app.command()
@in_words
def retry(prediction_id: int) -> None:
    """Runs a failed or cancelled prediction again and watches it."""
    with client() as fairway:
        fairway.predictions.retry(prediction_id)
        watch(console, fairway.follow(fairway.predictions, "prediction_id", prediction_id))


@app.command()
@in_words
def publish(prediction_id: int) -> None:
    """Shows it to everyone."""
    with client() as fairway:
        fairway.predictions.publish(prediction_id)
