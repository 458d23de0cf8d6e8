"""The commands. Each is one call of the client."""

from typing import Annotated

import typer

from fairway.cli import datasets, predictions, trainings
from fairway.cli.session import client, console, in_words, save
from fairway.cli.show import table
from fairway.client import Fairway

app = typer.Typer(no_args_is_help=True, help="AI-assisted mapping from the terminal.")
app.add_typer(datasets.app, name="datasets")
app.add_typer(trainings.app, name="trainings")
app.add_typer(predictions.app, name="predictions")


@app.command()
@in_words
def login(
    url: Annotated[str, typer.Argument(help="Address of the API, ending in /api/v1")],
    token: Annotated[str, typer.Option(prompt=True, hide_input=True, help="Access token")],
) -> None:
    """Keeps address and token for the next commands."""
    with Fairway(url, token) as fairway:
        profile = fairway.me()
    save(url, token)
    console.print(f"Logged in as [bold]{profile.username}[/bold].")


@app.command()
@in_words
def notifications(unread: bool = False) -> None:
    """What happened to your things."""
    with client() as fairway:
        page = fairway.notifications.list(is_read="false" if unread else None)
    console.print(table("Notifications", ("created_at", "message"), page.results))


@app.command()
@in_words
def models() -> None:
    """Base models and fine-tuned models."""
    with client() as fairway:
        base, local = fairway.base_models.list(), fairway.local_models.list()
    console.print(table("Base models", ("id", "name", "status", "stac_item_id"), base.results))
    console.print(table("Local models", ("id", "name", "base_model_name", "visibility", "stac_item_id"), local.results))
