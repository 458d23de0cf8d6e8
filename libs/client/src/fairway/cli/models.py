"""Base models and fine-tuned models."""

from pathlib import Path
from typing import Annotated

import typer

from fairway.cli.display import table, watch
from fairway.cli.session import client, console, print_api_errors, read_json

app = typer.Typer(no_args_is_help=True, help="Base models and fine-tuned models.")


@app.command("list")
@print_api_errors
def list_(search: str | None = None, limit: int = 20) -> None:
    with client() as fairway:
        base = fairway.base_models.list(limit=limit, search=search)
        local = fairway.local_models.list(limit=limit, search=search)
    base_columns = ("id", "name", "status", "stac_item_id", "error")
    local_columns = ("id", "name", "base_model_name", "visibility", "stac_item_id")
    console.print(table(f"Base models ({base.count})", base_columns, base.results))
    console.print(table(f"Local models ({local.count})", local_columns, local.results))


@app.command()
@print_api_errors
def register(
    item: Annotated[str, typer.Argument(help="STAC item of a base model: a file, or the address of one")],
    category: str = "buildings",
) -> None:
    """Registers a base model and shows the progress of its checks. For administrators."""
    remote = item.startswith(("http://", "https://"))
    stac_item = item if remote else read_json(_text(Path(item)), item)
    with client() as fairway:
        row = fairway.base_models.register(stac_item, category)
        watch(console, fairway.follow(fairway.base_models, "model_id", row.id))
        console.print(f"{row.name} is ready: [bold]{fairway.base_models.get(row.id).stac_item_id}[/bold]")


def _text(path: Path) -> str:
    if not path.is_file():
        raise typer.BadParameter(f"no such file: {path}")
    return path.read_text()


@app.command()
@print_api_errors
def publish(model_id: int) -> None:
    """Makes a local model public."""
    with client() as fairway:
        fairway.local_models.publish(model_id)


@app.command()
@print_api_errors
def unpublish(model_id: int) -> None:
    """Makes a local model private."""
    with client() as fairway:
        fairway.local_models.unpublish(model_id)
