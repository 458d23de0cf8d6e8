"""Webhooks."""

import typer

from fairway.cli.session import client, console, in_words
from fairway.cli.show import table
from fairway.rows import NewWebhook

app = typer.Typer(no_args_is_help=True, help="Addresses of your programs that are told what you are told.")


@app.command("list")
@in_words
def list_() -> None:
    with client() as fairway:
        page = fairway.webhooks.list()
    columns = ("id", "url", "active", "verified", "last_delivery_status", "last_delivery_at", "reason")
    console.print(table(f"Webhooks ({page.count})", columns, page.results))


@app.command()
@in_words
def add(url: str, description: str = "") -> None:
    """Shows the secret of the signatures, once; also chooses `webhook` as a way to be told. The address has to answer a
    challenge (`verify`)."""
    with client() as fairway:
        made = fairway.webhooks.create(url, description)
        chosen = fairway.me().notifications_delivery_methods
        if "webhook" not in chosen:
            fairway.change_me(notifications_delivery_methods=[*chosen, "webhook"])
    _show_secret(made)


@app.command("rotate-secret")
@in_words
def rotate_secret(webhook_id: int) -> None:
    with client() as fairway:
        _show_secret(fairway.webhooks.rotate_secret(webhook_id))


@app.command()
@in_words
def ping(webhook_id: int) -> None:
    """Sends a test; `deliveries` says what came of it."""
    with client() as fairway:
        console.print(f"Ping {fairway.webhooks.ping(webhook_id).id} is on its way.")


@app.command()
@in_words
def verify(webhook_id: int) -> None:
    """Asks the address again whether it wants to be told; `list` says what came of it."""
    with client() as fairway:
        console.print(f"Verification {fairway.webhooks.verify(webhook_id).id} is on its way.")


@app.command()
@in_words
def deliveries(webhook_id: int, limit: int = 20) -> None:
    with client() as fairway:
        rows = fairway.webhooks.deliveries(webhook_id, limit)
    columns = ("created_at", "event_type", "status", "response_code", "attempts", "error")
    console.print(table("Deliveries", columns, rows))


@app.command()
@in_words
def remove(webhook_id: int) -> None:
    with client() as fairway:
        fairway.webhooks.delete(webhook_id)
    console.print(f"Webhook {webhook_id} is removed.")


def _show_secret(webhook: NewWebhook) -> None:
    console.print(f"Webhook {webhook.id}: {webhook.url}", markup=False)
    console.print(f"Secret, shown this once: {webhook.secret}", markup=False)
