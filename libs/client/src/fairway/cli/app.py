"""The commands. Each is one call of the client."""

from typing import Annotated

import typer

from fairway.cli import (
    channels,
    dashboards,
    datasets,
    labels,
    models,
    packages,
    predictions,
    trainings,
    usage,
    webhooks,
)
from fairway.cli.display import table
from fairway.cli.session import client, console, print_api_errors, save
from fairway.client import Fairway

app = typer.Typer(no_args_is_help=True, help="AI-assisted mapping from the terminal.")
app.add_typer(datasets.app, name="datasets")
app.add_typer(labels.app, name="labels")
app.add_typer(models.app, name="models")
app.add_typer(trainings.app, name="trainings")
app.add_typer(predictions.app, name="predictions")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(packages.app, name="packages")
app.add_typer(channels.app, name="channels")
app.add_typer(dashboards.app, name="dashboards")
app.command()(usage.usage)


@app.command()
@print_api_errors
def login(
    url: Annotated[str, typer.Argument(help="Address of the API, ending in /api/v1")],
    token: Annotated[str, typer.Option(prompt=True, hide_input=True, help="Access token")],
) -> None:
    """Stores address and token for the next commands."""
    with Fairway(url, token) as fairway:
        profile = fairway.me()
    save(url, token)
    console.print(f"Logged in as [bold]{profile.username}[/bold].")


@app.command()
@print_api_errors
def notifications(unread: bool = False) -> None:
    """Lists your notifications."""
    with client() as fairway:
        page = fairway.notifications.list(is_read="false" if unread else None)
    console.print(table("Notifications", ("created_at", "message"), page.results))
