"""The demo's own clock: each stage has a name, a bar where it has progress, and its seconds in the report."""

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
        """A failure is shown with its stage before it goes on."""
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
