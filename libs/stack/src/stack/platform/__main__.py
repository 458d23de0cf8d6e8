"""`python -m stack.platform up|down`: all of Fairway on this machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from stack import run as servers
from stack.home import Home, StackError
from stack.platform import run
from stack.platform.settings import public_url

app = typer.Typer(no_args_is_help=True, add_completion=False)
console = Console(stderr=True)
Data = Annotated[Path | None, typer.Option(help="Folder of real imagery; without it, the generated village.")]


@app.command()
def up(data: Data = None) -> None:
    """Start what is not running, with all data of the last time."""
    home = Home.default()
    with console.status("starting"):
        try:
            run.up(data and data.resolve(), lambda *one: console.print("[green]✓[/] {:<22} {:5.1f} s".format(*one)))
        except StackError as error:
            console.print(f"[red]✗[/] {escape(str(error))}")
            raise typer.Exit(1) from error
    console.print(f"The API: [bold]{public_url(home)}[/]   documentation: {public_url(home)[: -len('/v1')]}/docs/")
    console.print(f"fairway login {public_url(home)} --token {home.secret('dev-token')}")


@app.command()
def down() -> None:
    """Stop everything; the data stay."""
    servers.down(lambda name, seconds: console.print(f"[yellow]■[/] {name:<22} {seconds:5.1f} s"))


app()
