"""Trainings."""

from typing import Annotated

import typer
from rich.text import Text

from fairway.cli.display import curve, figure, is_figure, table, watch
from fairway.cli.outcome import sentences
from fairway.cli.session import client, console, print_api_errors, read_json
from fairway.client import Fairway

app = typer.Typer(no_args_is_help=True, help="Fine-tuning a model for a place.")


@app.command("list")
@print_api_errors
def list_(status: str | None = None, limit: int = 20) -> None:
    with client() as fairway:
        page = fairway.trainings.list(limit=limit, status=status)
    console.print(
        table(f"Trainings ({page.count})", ("id", "status", "local_model", "submitted_at", "error"), page.results)
    )


@app.command()
@print_api_errors
def submit(
    base_model: Annotated[str, typer.Argument(help="STAC id of the base model")],
    dataset: Annotated[str, typer.Argument(help="STAC id of the dataset")],
    name: Annotated[str, typer.Argument(help="Name of the model to be")],
    overrides: Annotated[str, typer.Option(help="Hyper-parameters as JSON")] = "{}",
) -> None:
    """Starts a training and shows its progress."""
    values = read_json(overrides, "overrides")
    with client() as fairway:
        training = fairway.trainings.submit(
            base_model_stac_id=base_model, dataset_stac_id=dataset, model_name=name, overrides=values
        )
        console.print(f"Training [bold]{training.id}[/bold]")
        _watch(fairway, training.id)


@app.command("watch")
@print_api_errors
def watch_(training_id: int) -> None:
    """Shows epochs, losses and log lines of a running training."""
    with client() as fairway:
        _watch(fairway, training_id)


@app.command()
@print_api_errors
def losses(training_id: int) -> None:
    """Prints the loss curve."""
    with client() as fairway:
        console.print(Text.from_ansi(curve([epoch.values for epoch in fairway.trainings.epochs(training_id)])))


@app.command()
@print_api_errors
def logs(training_id: int, step: str | None = None, tail: int = 100) -> None:
    with client() as fairway:
        run_id = fairway.trainings.get(training_id).zenml_run_id
        for line in fairway.trainings.logs(run_id, tail=tail, step=step) if run_id else ():
            console.print(f"{line.timestamp or '':} {line.level:7} {line.message}", markup=False)


@app.command()
@print_api_errors
def publish(training_id: int, title: str = "", description: str = "") -> None:
    """Publishes the model of a completed training in the catalogue."""
    with client() as fairway:
        console.print(f"Published as [bold]{fairway.trainings.publish(training_id, title, description)}[/bold]")


@app.command()
@print_api_errors
def cancel(training_id: int) -> None:
    with client() as fairway:
        fairway.trainings.cancel(training_id)


@app.command()
@print_api_errors
def retry(training_id: int) -> None:
    """Runs a failed or cancelled training again and shows its progress."""
    with client() as fairway:
        fairway.trainings.retry(training_id)
        _watch(fairway, training_id)


def _watch(fairway: Fairway, training_id: int) -> None:
    watch(console, fairway.follow(fairway.trainings, "training_id", training_id))
    training = fairway.trainings.get(training_id)
    metrics = sorted((name, value) for name, value in (training.metrics or {}).items() if is_figure(value))
    figures = "".join(f", {name.replace('_', ' ')} {figure(value)}" for name, value in metrics)
    console.print(f"Training [bold]{training_id}[/bold] is completed{figures}.", highlight=False)
    for sentence in sentences(training.outcome, "chips"):
        console.print(sentence, markup=False)
