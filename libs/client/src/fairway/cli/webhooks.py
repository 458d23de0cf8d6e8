"""Webhooks."""

import typer

from fairway.cli.display import table
from fairway.cli.session import client, console, print_api_errors
from fairway.rows import NewWebhook

app = typer.Typer(no_args_is_help=True, help="URLs that receive your notifications.")


@app.command("list")
@print_api_errors
def list_() -> None:
    with client() as fairway:
        page = fairway.webhooks.list()
    columns = ("id", "url", "active", "verified", "last_delivery_status", "last_delivery_at", "reason")
    console.print(table(f"Webhooks ({page.count})", columns, page.results))


@app.command()
@print_api_errors
def add(url: str, description: str = "") -> None:
    """Adds a webhook, enables `webhook` as a delivery method and shows the secret of its signatures once.

    The URL has to answer a challenge (`verify`).
    """
    with client() as fairway:
        made = fairway.webhooks.create(url, description)
        methods = fairway.me().notifications_delivery_methods
        if "webhook" not in methods:
            fairway.change_me(notifications_delivery_methods=[*methods, "webhook"])
    _show_secret(made)


@app.command("rotate-secret")
@print_api_errors
def rotate_secret(webhook_id: int) -> None:
    with client() as fairway:
        _show_secret(fairway.webhooks.rotate_secret(webhook_id))


@app.command()
@print_api_errors
def ping(webhook_id: int) -> None:
    """Sends a test event; `deliveries` shows its result."""
    with client() as fairway:
        console.print(f"Ping {fairway.webhooks.ping(webhook_id).id} is on its way.")


@app.command()
@print_api_errors
def verify(webhook_id: int) -> None:
    """Sends the challenge again; `list` shows whether the URL is verified."""
    with client() as fairway:
        console.print(f"Verification {fairway.webhooks.verify(webhook_id).id} is on its way.")


@app.command()
@print_api_errors
def deliveries(webhook_id: int, limit: int = 20) -> None:
    with client() as fairway:
        rows = fairway.webhooks.deliveries(webhook_id, limit)
    columns = ("created_at", "event_type", "status", "response_code", "attempts", "error")
    console.print(table("Deliveries", columns, rows))


@app.command()
@print_api_errors
def remove(webhook_id: int) -> None:
    with client() as fairway:
        fairway.webhooks.delete(webhook_id)
    console.print(f"Webhook {webhook_id} is removed.")


def _show_secret(webhook: NewWebhook) -> None:
    console.print(f"Webhook {webhook.id}: {webhook.url}", markup=False)
    console.print(f"Secret, shown only once: {webhook.secret}", markup=False)
