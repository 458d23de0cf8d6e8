"""Tables, live bars and the loss curve in the terminal."""

from collections.abc import Iterable, Sequence
from typing import Any

import plotext
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fairway.errors import Ended
from fairway.events import ServerEvent

COLOURS = {"completed": "green", "built": "green", "active": "green", "failed": "red", "stopped": "yellow"}


def table(title: str, columns: Sequence[str], rows: Iterable[Any]) -> Table:
    """One line a row; `status` is coloured."""
    shown = Table(title=title, title_justify="left")
    for column in columns:
        shown.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(column, getattr(row, column)) for column in columns))
    return shown


def _cell(column: str, value: Any) -> str:
    colour = COLOURS.get(str(value)) if column == "status" else None
    text = value.strftime("%Y-%m-%d %H:%M") if hasattr(value, "strftime") else str(value if value is not None else "")
    return f"[{colour}]{text}[/{colour}]" if colour else escape(text)


def bars() -> Progress:
    return Progress(
        TextColumn("{task.description:>12}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )  # fmt: skip


def curve(epochs: Sequence[dict[str, float]], width: int = 70, height: int = 14) -> str:
    """Losses over epochs; empty with fewer than two."""
    names = [name for name in ("train_loss", "val_loss") if any(name in values for values in epochs)]
    if len(epochs) < 2 or not names:
        return ""
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, height)
    plotext.xlabel("epoch")
    for name in names:
        plotext.plot(range(1, len(epochs) + 1), [values.get(name) for values in epochs], label=name)
    return plotext.build()


class Watching:
    """The picture of one running thing: bars per stage, the loss curve, the last log line."""

    def __init__(self) -> None:
        self.progress = bars()
        self.stages: dict[str, Any] = {}
        self.epochs: list[dict[str, float]] = []
        self.line = ""

    def __rich__(self) -> Group:
        return Group(
            self.progress, Text.from_ansi(curve(self.epochs)), Text(self.line, style="dim", overflow="ellipsis")
        )

    def take(self, event: ServerEvent) -> None:
        data = event.data
        if "stage" in data:
            self.stage(data["stage"], data["done"], data["total"])
        elif data.get("what") == "epoch":
            self.epoch(data["data"])
        elif data.get("what") == "log":
            self.line = str(data["data"].get("message", ""))
        elif data.get("what") == "progress" and "done" in data["data"]:
            self.stage(data["data"].get("stage", "work"), data["data"]["done"], data["data"]["total"])

    def epoch(self, data: dict[str, Any]) -> None:
        values = {name: value for name, value in (data.get("values") or data).items() if isinstance(value, int | float)}
        self.epochs.append(values)
        note = "  ".join(f"{k} {v:.3f}" for k, v in values.items() if k.endswith("loss"))
        self.stage("epochs", data["epoch"], data["epochs"], note)

    def stage(self, name: str, done: int, total: int, note: str = "") -> None:
        if name not in self.stages:
            self.stages[name] = self.progress.add_task(name, total=total, note=note)
        self.progress.update(self.stages[name], completed=done, total=total, note=note)


def watch(console: Console, events: Iterable[ServerEvent | None]) -> None:
    """Draws until the events end; `Ended` passes through after the last picture."""
    seen = Watching()
    with Live(seen, console=console, refresh_per_second=8):
        try:
            for event in events:
                if event:
                    seen.take(event)
        except Ended as end:
            seen.line = str(end)
            raise
