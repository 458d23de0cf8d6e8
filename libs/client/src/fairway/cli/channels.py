"""Channels: curves of what the platform does."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from fairway.channels import LiveSample
from fairway.cli import channel_plot
from fairway.cli.display import table
from fairway.cli.session import client, console, print_api_errors

app = typer.Typer(no_args_is_help=True, help="Curves of what the platform does.")
Names = Annotated[list[str], typer.Argument(help="Names of channels, or series ids")]
Backend = Annotated[str | None, typer.Option(help="Whose channels are meant, such as training")]
Last = Annotated[float, typer.Option(help="Hours until now")]
Picture = Annotated[Path | None, typer.Option(dir_okay=False, help="A file for the picture")]
Count = Annotated[int, typer.Option(help="Ends after so many samples; 0 goes on")]


class Axis(StrEnum):
    TIME = "time"
    STEP = "step"
    RELATIVE_STEP = "relative_step"
    RELATIVE_TIME = "relative_time"


@app.command()
@print_api_errors
def search(text: Annotated[str, typer.Argument(help="A regular expression")] = "", backend: Backend = None) -> None:
    """Lists channels by name."""
    with client() as fairway:
        found = fairway.channels.search(text, backend)
    columns = ("series_id", "backend", "name", "type", "unit", "source")
    console.print(table(f"Channels ({len(found)})", columns, found))


@app.command()
@print_api_errors
def plot(
    names: Names, backend: Backend = None, last: Last = 24.0,
    x: Annotated[Axis, typer.Option(help="What lies on the horizontal axis")] = Axis.TIME, width: int = 100,
    height: int = 20, png: Picture = None, svg: Picture = None, title: str = "",
) -> None:  # fmt: skip
    """Draws curves: means, with the least and greatest values as dots; with --png or --svg into files."""
    end = datetime.now(UTC)
    begin = end - timedelta(hours=last)
    files = {kind: file for kind, file in (("png", png), ("svg", svg)) if file is not None}
    if files and x is not Axis.TIME:
        raise typer.BadParameter("pictures in files are over time", param_hint="--x")
    with client() as fairway:
        for kind, file in files.items():
            file.write_bytes(fairway.channels.picture(names, begin, end, kind, backend, title))
            console.print(f"Written to {file}.", markup=False)
        curves = [] if files else [fairway.channels.curve(name, begin, end, width, backend, x.value) for name in names]
    if curves:
        console.print(Text.from_ansi(channel_plot.plot(curves, width, height, x.value)))


@app.command()
@print_api_errors
def watch(names: Names, backend: Backend = None, count: Count = 0) -> None:
    """Shows samples as they are recorded."""
    shown = LiveValues()
    with client() as fairway, Live(shown.table(), console=console, refresh_per_second=8) as screen:
        for sample in fairway.channels.watch(names, backend):
            shown.take(sample)
            screen.update(shown.table())
            if count and shown.total >= count:
                return


class LiveValues:
    """The last value of each channel, the least and the greatest since the start, and how many there were."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], tuple[LiveSample, float | None, float | None, int]] = {}
        self.total, self.gaps = 0, 0

    def take(self, sample: LiveSample | None) -> None:
        """None is a gap."""
        if sample is None:
            self.gaps += 1
            return
        self.total += 1
        key, number = (sample.backend, sample.name), _number(sample.value)
        _, least, most, seen = self.rows.get(key, (sample, number, number, 0))
        known = [one for one in (least, most, number) if one is not None]
        self.rows[key] = sample, min(known, default=None), max(known, default=None), seen + 1

    def table(self) -> Table:
        """Returns what is shown now."""
        gaps = f", {self.gaps} gaps: read the curve again" if self.gaps else ""
        made = Table("channel", "time", "step", "value", "min", "max", "samples", title=f"{self.total} samples{gaps}")
        for (backend, name), (last, least, most, seen) in sorted(self.rows.items()):
            step = "" if last.pulse_id is None else str(last.pulse_id)
            texts = (f"{backend}/{name}", f"{last.time:%H:%M:%S.%f}"[:-3], step, _text(last.value))
            made.add_row(*map(escape, texts), _text(least), _text(most), str(seen))
        return made


def _number(value: object) -> float | None:
    """Arrays, texts and numbers that are not finite have none; of an enum it is the id."""
    value = value.get("id") if isinstance(value, dict) else value
    return float(value) if isinstance(value, int | float) else None


def _text(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("desc", value))
    if isinstance(value, list):
        return f"[{len(value)} numbers]"
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
