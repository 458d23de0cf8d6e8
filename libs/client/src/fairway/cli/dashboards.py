"""Dashboards."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from fairway.cli.display import table
from fairway.cli.session import client, console, print_api_errors
from fairway.dashboards import difference, read_file

app = typer.Typer(no_args_is_help=True, help="Stored dashboards.")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON of a dashboard")]
Id = Annotated[str | None, typer.Option("--id", help="The dashboard to replace; a new one without it")]


@app.command("list")
@print_api_errors
def list_(search: str | None = None, tag: str | None = None, mine: bool = False) -> None:
    with client() as fairway:
        page = fairway.dashboards.page(search=search, tag=tag, mine=str(mine).lower())
    columns = ("id", "title", "tags", "owner", "permission", "version", "size_bytes", "updated_at")
    console.print(table(f"Dashboards ({page.count})", columns, page.results))


@app.command()
@print_api_errors
def get(dashboard_id: str, version: int | None = None, output: Path | None = None) -> None:
    """Prints a dashboard as JSON, or writes it to a file."""
    with client() as fairway:
        content = fairway.dashboards.get(dashboard_id, version)
    text = json.dumps(content, indent=2, ensure_ascii=False)
    if output is None:
        return console.print_json(text)
    output.write_text(text + "\n", encoding="utf-8")
    console.print(f"Written to {output}.", markup=False)


@app.command()
@print_api_errors
def draw(
    dashboard_id: str, output: Annotated[Path, typer.Argument(dir_okay=False, help="Ends in .png or .svg")],
    last: Annotated[float, typer.Option(help="Hours until now")] = 24.0, width: int = 1000,
    value: Annotated[list[str] | None, typer.Option(help="Of a placeholder, as run=7")] = None,
) -> None:  # fmt: skip
    """Draws the panels of a dashboard into a file."""
    kind = output.suffix.removeprefix(".")
    if kind not in ("png", "svg"):
        raise typer.BadParameter("must end in .png or .svg", param_hint="OUTPUT")
    values = {name: text for name, _, text in (one.partition("=") for one in value or ())}
    end = datetime.now(UTC)
    with client() as fairway:
        picture = fairway.dashboards.picture(dashboard_id, end - timedelta(hours=last), end, kind, values, width)
    output.write_bytes(picture)
    console.print(f"Written to {output}.", markup=False)


@app.command()
@print_api_errors
def put(
    file: File, dashboard_id: Id = None, message: str = "", title: str | None = None, ttl: int | None = None
) -> None:
    """Stores a file as a new dashboard, or in the place of one. `--ttl` makes a preview of so many seconds."""
    content = _content(file)
    with client() as fairway:
        if dashboard_id is None:
            dashboard_id = fairway.dashboards.create(content, ttl)
        else:
            fairway.dashboards.replace(dashboard_id, content, message)
        if title is not None:
            fairway.dashboards.set_details(dashboard_id, title=title)
    console.print(dashboard_id, markup=False)


@app.command()
@print_api_errors
def validate(files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Checks files without storing them. Exits with 1 when one is wrong, so that CI fails early."""
    wrong = 0
    with client() as fairway:
        for file in files:
            found = fairway.dashboards.check(_content(file))
            wrong += not found["valid"]
            console.print(
                f"{file}: {'valid' if found['valid'] else 'invalid'}, {found['size_bytes']} bytes", markup=False
            )
            for error in found["errors"]:
                console.print(f"  {error['pointer'] or '/'}: {error['message']}", style="red", markup=False)
    if wrong:
        raise typer.Exit(1)


@app.command()
@print_api_errors
def diff(
    file: File, dashboard_id: Annotated[str | None, typer.Option("--id", help="The name of the file without it")] = None
) -> None:
    """Shows what `put` would change, without changing it. Exits with 1 when something differs."""
    with client() as fairway:
        stored = fairway.dashboards.get(dashboard_id or file.stem)
    lines = difference(stored, _content(file), str(file))
    for line in lines:
        console.print(line, style={"+": "green", "-": "red"}.get(line[:1], ""), markup=False)
    if lines:
        raise typer.Exit(1)


@app.command()
@print_api_errors
def versions(dashboard_id: str, restore: int | None = None) -> None:
    """Lists the versions of a dashboard; `--restore N` makes one the newest."""
    with client() as fairway:
        if restore is not None:
            fairway.dashboards.restore(dashboard_id, restore)
        found = fairway.dashboards.versions(dashboard_id)
    columns = ("version", "created_at", "author", "message", "size_bytes", "restored_from")
    console.print(table(f"Versions of {dashboard_id}", columns, found))


@app.command("share")
@print_api_errors
def make_link(dashboard_id: str, note: str = "", expires: str | None = None, revoke: str | None = None) -> None:
    """Makes a link whose token shows a dashboard without a login; `--revoke ID` deletes one."""
    with client() as fairway:
        if revoke is not None:
            fairway.dashboards.delete_link(dashboard_id, revoke)
            return console.print(f"Link {revoke} is deleted.", markup=False)
        link = fairway.dashboards.link(dashboard_id, note, expires)
        address = f"{str(fairway.transport.http.base_url).rstrip('/')}/linked-dashboards/{link['token']}"
    console.print(f"Link {link['id']}, shown only once: {address}", markup=False, soft_wrap=True)


@app.command()
@print_api_errors
def delete(dashboard_id: str, undo: bool = False) -> None:
    """Moves a dashboard to the trash; `--undo` takes it out again."""
    with client() as fairway:
        (fairway.dashboards.undelete if undo else fairway.dashboards.delete)(dashboard_id)
    console.print(f"Dashboard {dashboard_id} is {'back' if undo else 'in the trash'}.", markup=False)


def _content(file: Path) -> dict:
    try:
        return read_file(file)
    except ValueError as error:
        raise typer.BadParameter(f"{file} is not JSON of a dashboard: {error}") from error
