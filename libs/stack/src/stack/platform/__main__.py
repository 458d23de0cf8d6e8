"""`python -m stack.platform up|down`: all of Fairway on this machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from fairway.errors import FairwayError
from stack import run as servers
from stack.console import start_build
from stack.home import Home, StackError
from stack.platform import run
from stack.platform.models import LIGHT, introduce
from stack.platform.settings import console_url, public_url, tiles

app = typer.Typer(no_args_is_help=True, add_completion=False)
console = Console(stderr=True)
FIRST = """The first start makes an object store, databases, a STAC catalogue and a ZenML server, starts the rooms
and registers a base model: one to two minutes on two cores. Later the API answers after about ten seconds."""
Data = Annotated[Path | None, typer.Option(help="Folder of real imagery; without it, the generated village.")]


@app.command()
def up(data: Data = None) -> None:
    """Start what is not running, with all data of the last time."""
    home = Home.default()
    if not home.recall().get("env"):
        console.print(FIRST)
    start_build(home)
    with console.status("starting"):
        try:
            run.up(data and data.resolve(), _say, home)
            run.timed(f"base model {LIGHT}", _say, lambda: introduce(home))
        except (StackError, FairwayError) as error:
            console.print(f"[red]✗[/] {escape(str(error))}")
            raise typer.Exit(1) from error
    api = public_url(home)
    console.print(f"The API:       [bold]{api}[/]", soft_wrap=True)
    console.print(f"Its routes:    {api[: -len('/v1')]}/docs/", soft_wrap=True)
    console.print(f"Log in:        .venv/bin/fairway login {api} --token {home.secret('dev-token')}", soft_wrap=True)
    console.print(f"Imagery:       {tiles(home)}/train/{{z}}/{{x}}/{{y}}.jpg", soft_wrap=True, highlight=False)
    console.print(f"The console:   {console_url(home)}", soft_wrap=True)
    console.print("And begin:     .venv/bin/fairway --help")


def _say(name: str, seconds: float) -> None:
    console.print(f"[green]✓[/] {name:<26} {seconds:5.1f} s")


@app.command()
def down() -> None:
    """Stop everything; the data stay."""
    servers.down(lambda name, seconds: console.print(f"[yellow]■[/] {name:<22} {seconds:5.1f} s"))


app()
