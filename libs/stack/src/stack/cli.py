"""`python -m stack up|down|status|env|install`."""

import shlex
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stack import install as installer
from stack import run
from stack.home import Home, StackError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The backing servers of Fairway.")
console = Console(stderr=True)
Only = Annotated[list[str] | None, typer.Option(help="Only this server and what it needs; may be repeated.")]


@app.command()
def up(only: Only = None) -> None:
    """Start what is not running; return when everything answers."""
    with console.status("starting"):
        try:
            run.up(set(only) if only else None, lambda *one: console.print("[green]✓[/] {:<10} {:5.1f} s".format(*one)))
        except StackError as error:
            console.print(f"[red]✗[/] {escape(str(error))}")
            raise typer.Exit(1) from error


@app.command()
def down() -> None:
    """Stop everything; the data stay."""
    run.down(lambda name, seconds: console.print(f"[yellow]■[/] {name:<12} {seconds:5.1f} s"))


@app.command()
def status() -> None:
    """List the living processes."""
    table = Table("server", "pid", "up for", "memory")
    for name, one in run.status().items():
        table.add_row(name, str(one.pid), f"{one.seconds_up:.0f} s", f"{one.megabytes:.0f} MB")
    console.print(table)


@app.command()
def env() -> None:
    """Print what the last `up` offered as shell exports."""
    for name, value in Home.default().recall().get("env", {}).items():
        print(f"export {name}={shlex.quote(value)}")


@app.command()
def install(only: Only = None) -> None:
    """Install Debian packages and make the environments of the ZenML and STAC servers."""
    wanted = set(only) if only else set(run.SERVERS)
    try:
        installer.packages(wanted)
        for name in sorted(wanted & {"stac", "zenml"}):
            installer.environment(Home.default(), name)
    except StackError as error:
        console.print(f"[red]✗[/] {escape(str(error))}")
        raise typer.Exit(1) from error
