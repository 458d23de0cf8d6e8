"""Tables, live progress bars and loss curves in the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotext
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fairway.errors import OperationFailed
from fairway.events import ServerEvent

COLOURS = {"completed": "green", "built": "green", "active": "green", "failed": "red", "stopped": "yellow"}


def table(title: str, columns: Sequence[str], rows: Iterable[Any]) -> Table:
    """Returns a table with one line per row; `status` is coloured."""
    shown = Table(title=title, title_justify="left")
    for column in columns:
        shown.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(column, getattr(row, column)) for column in columns))
    return shown


def _cell(column: str, value: Any) -> str:
    colour = COLOURS.get(str(value)) if column == "status" else None
    value = joined(value) if isinstance(value, list) else value
    text = value.strftime("%Y-%m-%d %H:%M") if hasattr(value, "strftime") else str(value if value is not None else "")
    return f"[{colour}]{text}[/{colour}]" if colour else escape(text)


def joined(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


def bars() -> Progress:
    return Progress(
        TextColumn("{task.description:>12}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )  # fmt: skip


def is_figure(value: Any) -> bool:
    """Returns whether a metric is one number; lists and objects are for programs."""
    return value is None or isinstance(value, int | float | str)


def figure(value: Any) -> str:
    """Returns a metric as text: numbers with three decimals."""
    if value is None:
        return "not defined"
    return f"{value:.3f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def curve(epochs: Sequence[Mapping[str, float | None]], width: int = 70, height: int = 14) -> str:
    """Returns a plot of losses over epochs, and how often they were not defined; empty for fewer than two epochs."""
    names = [name for name in ("train_loss", "val_loss") if any(name in values for values in epochs)]
    if len(epochs) < 2 or not names:
        return ""
    lines = {name: [(number, y) for number, one in enumerate(epochs, 1) if (y := one.get(name)) is not None]
             for name in names}  # fmt: skip
    missing = {name: sum(one.get(name, 0) is None for one in epochs) for name in names}
    notes = [f"{name} was not defined in {count} of {len(epochs)} epochs" for name, count in missing.items() if count]
    return "\n".join([*_plot({name: line for name, line in lines.items() if line}, width, height), *notes])


def _plot(lines: Mapping[str, Sequence[tuple[int, float]]], width: int, height: int) -> list[str]:
    if not lines:
        return []
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, height)
    plotext.xlabel("epoch")
    for name, line in lines.items():
        plotext.plot([number for number, _ in line], [value for _, value in line], label=name)
    return [plotext.build()]


class ProgressDisplay:
    """The display of one running operation: a bar per stage, the loss curve, the last log line."""

    def __init__(self) -> None:
        self.progress = bars()
        self.stages: dict[str, Any] = {}
        self.epochs: list[dict[str, float | None]] = []
        self.line = ""

    def __rich__(self) -> Group:
        return Group(
            self.progress, Text.from_ansi(curve(self.epochs)), Text(self.line, style="dim", overflow="ellipsis")
        )

    def on_event(self, event: ServerEvent) -> None:
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
        numbers = (data.get("values") or data).items()
        values: dict[str, float | None] = {
            name: value for name, value in numbers if value is None or isinstance(value, int | float)
        }
        self.epochs.append(values)
        note = "  ".join(f"{name} {figure(value)}" for name, value in values.items() if name.endswith("loss"))
        self.stage("epochs", data["epoch"], data["epochs"], note)

    def stage(self, name: str, done: int, total: int, note: str = "") -> None:
        if name not in self.stages:
            self.stages[name] = self.progress.add_task(name, total=total, note=note)
        self.progress.update(self.stages[name], completed=done, total=total, note=note)


def watch(console: Console, events: Iterable[ServerEvent | None]) -> None:
    """Updates the display until the events end. Raises OperationFailed after the last update."""
    display = ProgressDisplay()
    with Live(display, console=console, refresh_per_second=8):
        try:
            for event in events:
                if event:
                    display.on_event(event)
        except OperationFailed as end:
            display.line = str(end)
            raise
