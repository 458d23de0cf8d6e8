"""The stages of the demo: each has a name and its duration in the report."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Stages:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}
        self.started = time.monotonic()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Prints the name of a stage that fails and raises its error."""
        self.console.print(f"[bold]{name}[/bold]")
        started = time.monotonic()
        try:
            yield
        except BaseException:
            self.console.print(f"[red]✗ {name} failed after {time.monotonic() - started:.1f} s[/red]")
            raise
        self.seconds[name] = round(time.monotonic() - started, 2)
        self.console.print(f"[green]✓[/green] {name} [dim]{self.seconds[name]:.1f} s[/dim]")

    @property
    def total(self) -> float:
        return round(time.monotonic() - self.started, 2)
