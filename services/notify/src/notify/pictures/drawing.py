"""Draws a sheet with matplotlib. It runs in a child process: nothing of it stays in the service."""

import io
import math
import os
import tempfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from notify.pictures.domain import Axis, Line, Mark, Number, Panel, Sheet

DPI = 100
HEAD, FOOT, LEFT, ABOVE, RIGHT, BELOW = 30, 22, 72, 26, 24, 34
MORE_AXIS, WORDS = 58, 14
"""Pixels around panels: of one more value axis, and of a line of words below the curves."""
STEPS = {"hv": "steps-post", "vh": "steps-pre", "hvh": "steps-mid", "vhv": "steps-mid"}
STYLE: dict[str, Any] = {
    "text.parse_math": False, "font.size": 9, "axes.titlesize": 10, "axes.grid": True, "grid.color": "#e3e6ea",
    "grid.linewidth": 0.6, "axes.spines.top": False, "axes.edgecolor": "#8a939c", "axes.formatter.useoffset": False,
    "svg.fonttype": "none", "svg.hashsalt": "fairway", "lines.linewidth": 1.3, "timezone": "UTC",
    "font.family": ["DejaVu Sans", "sans-serif"],
}  # fmt: skip
COLORS = ("#1f6fb4", "#d3541f", "#2f8f4e", "#8256a8", "#b38600", "#0f8b8d", "#c2417f", "#5a6570")
TICK = 90
"""Pixels between times at an axis."""
MARK_COLOR, MARK_TEXT, WITH_TEXT = "#6b7785", 36, 12
"""Characters of the text beside a mark, and how many marks of a panel have one."""


def draw(sheet: Sheet) -> bytes:
    """Returns the picture as a file. The same sheet gives the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("MPLCONFIGDIR", folder)
        import matplotlib

        with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]
            return _drawn(sheet)


def _drawn(sheet: Sheet) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure((sheet.width / DPI, sheet.height / DPI), dpi=DPI)
    if sheet.title:
        figure.text(8 / sheet.width, 1 - 8 / sheet.height, sheet.title, va="top", fontsize=12, weight="bold")
    for panel in sheet.panels:
        _panel(figure.add_axes(_rectangle(panel, sheet)), panel, sheet)
    said = "   ".join([_window(sheet), *sheet.notes])
    figure.text(8 / sheet.width, 5 / sheet.height, said, va="bottom", fontsize=7, color="#5a6570")
    content = io.BytesIO()
    figure.savefig(content, format=sheet.kind, metadata={"Software": None} if sheet.kind == "png" else {"Date": None})
    return content.getvalue()


def _rectangle(panel: Panel, sheet: Sheet) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of the axes of a panel, as parts of the picture."""
    columns = max(x + w for x, _, w, _ in (one.box for one in sheet.panels))
    rows = max(y + h for _, y, _, h in (one.box for one in sheet.panels))
    x, y, w, h = panel.box
    top, bottom = HEAD if sheet.title else 0, FOOT
    across, down = sheet.width / columns, (sheet.height - top - bottom) / rows
    left, above, right, below = _margins(panel)
    width, height = max(10.0, w * across - left - right), max(10.0, h * down - above - below)
    from_below = sheet.height - top - (y + h) * down + below
    return (x * across + left) / sheet.width, from_below / sheet.height, width / sheet.width, height / sheet.height


def _margins(panel: Panel) -> tuple[int, int, int, int]:
    """Pixels to the left, above, to the right and below."""
    more_axes = len({line.axis for line in panel.lines}) - 1
    words = WORDS * len(panel.words) if panel.lines else 0
    return LEFT, ABOVE, RIGHT + max(0, more_axes) * MORE_AXIS, BELOW + words


def _window(sheet: Sheet) -> str:
    first, last = (_moment(one).strftime("%Y-%m-%d %H:%M:%S") for one in (sheet.begin, sheet.end))
    return f"{first} to {last} UTC"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(max(0.0, seconds), UTC)


def _panel(axes: "Axes", panel: Panel, sheet: Sheet) -> None:
    axes.set_title(panel.title, loc="left")
    if not panel.lines:
        axes.text(0.5, 0.5, "\n".join(panel.words), ha="center", va="center", transform=axes.transAxes, wrap=True)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    drawn = _lines(axes, panel)
    _time_axis(axes, sheet)
    _marks(axes, sheet.marks, sheet.end)
    handles = [handle for handle, _ in drawn]
    axes.legend(handles, [line.label for _, line in drawn], loc="upper right", fontsize=7.5, framealpha=0.8)
    if panel.words:
        axes.set_xlabel("\n".join(panel.words), fontsize=7.5, color="#a33")


def _lines(axes: "Axes", panel: Panel) -> list[tuple[Any, Line]]:
    """Each value axis of its own stands to the right of those before it."""
    places, drawn = dict[str, Any](), list[tuple[Any, Line]]()
    for number, line in enumerate(panel.lines):
        if line.axis not in places:
            places[line.axis] = _value_axis(axes, len(places), panel.axes.get(line.axis, Axis()))
        drawn.append((_line(places[line.axis], line, COLORS[number % len(COLORS)]), line))
    for name, place in places.items():
        _limit(place, panel.axes.get(name, Axis()))
    return drawn


def _value_axis(axes: "Axes", number: int, wanted: Axis) -> "Axes":
    found: Any = axes if number == 0 else axes.twinx()
    if number:
        found.spines["right"].set_position(("outward", MORE_AXIS * 72 / DPI * (number - 1)))
        found.grid(visible=False)
    found.set_ylabel(wanted.label)
    if wanted.is_log:
        found.set_yscale("log", nonpositive="mask")
    return found


def _limit(axes: "Axes", wanted: Axis) -> None:
    """Limits that contradict each other or the scale are left out."""
    low, high = wanted.low, wanted.high
    is_reversed = low is not None and high is not None and low >= high
    is_below = wanted.is_log and any(one is not None and one <= 0 for one in (low, high))
    if not is_reversed and not is_below:
        axes.set_ylim(bottom=low, top=high)


def _line(axes: "Axes", line: Line, color: str) -> Any:
    from matplotlib.colors import is_color_like

    color = line.color if line.color and is_color_like(line.color) else color
    times, values = [_days(one) for one in line.times], _floats(line.values)
    style: dict[str, Any] = {"marker": "o", "markersize": 3} if line.with_points or len(values) == 1 else {}
    if line.lows:
        step: Any = STEPS.get(line.shape, "").removeprefix("steps-") or None
        axes.fill_between(
            times, _floats(line.lows), _floats(line.highs), color=color, alpha=0.22, linewidth=0.8, step=step
        )  # type: ignore[arg-type]
    return axes.plot(
        times, values, color=color, linestyle="-" if line.with_line else "none",
        drawstyle=STEPS.get(line.shape, "default"), **style,
    )[0]  # fmt: skip


def _floats(numbers: list[Number]) -> list[float]:
    """Beyond 1e300 matplotlib has no room for margins."""
    return [math.nan if one is None or abs(one) > 1e300 else one for one in numbers]


def _days(seconds: float) -> float:
    return seconds / 86_400


def _time_axis(axes: "Axes", sheet: Sheet) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    first, last = _days(max(0.0, sheet.begin)), _days(max(0.0, sheet.end))
    axes.set_xlim(first, last if last > first else first + 1e-6)
    locator = AutoDateLocator(minticks=2, maxticks=max(3, int(axes.bbox.width / TICK)))
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _marks(axes: "Axes", marks: list[Mark], end: float) -> None:
    first, last = axes.get_xlim()
    for number, mark in enumerate(reversed(marks)):
        begin = _days(mark.begin)
        if mark.end is not None:
            axes.axvspan(max(begin, first), min(_days(mark.end), last), color=MARK_COLOR, alpha=0.10, linewidth=0)
        if first <= begin <= last:
            axes.axvline(begin, color=MARK_COLOR, linewidth=0.8, linestyle=(0, (4, 3)))
        if number < WITH_TEXT:
            _mark_text(axes, max(begin, first), mark.text)


def _mark_text(axes: "Axes", place: float, text: str) -> None:
    shown = text if len(text) <= MARK_TEXT else text[: MARK_TEXT - 1] + "…"
    axes.text(
        place, 0.98, shown, rotation=90, va="top", ha="right", fontsize=6.5, color=MARK_COLOR, clip_on=True,
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
