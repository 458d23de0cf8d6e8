"""Curves of channels, drawn in text: means as lines, least and greatest values as dots."""

from collections.abc import Sequence
from datetime import UTC, datetime

import plotext

from fairway.channels import Curve

TICKS = 5


def plot(curves: Sequence[Curve], width: int, height: int, axis: str) -> str:
    """Returns the drawing, and a line for each curve without numbers. `axis` is that of the request."""
    shown = [curve for curve in curves if curve.points]
    empty = [f"{curve.name} has no samples there" for curve in curves if not curve.points]
    return "\n".join([*([_drawn(shown, width, height, axis)] if shown else []), *empty])


def _drawn(curves: Sequence[Curve], width: int, height: int, axis: str) -> str:
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, height)
    for curve in curves:
        plotext.plot([key for key, _ in curve.points], [value for _, value in curve.points], label=curve.name)
        for band in (curve.lows, curve.highs):
            plotext.scatter([key for key, _ in band], [value for _, value in band], marker="dot")
    keys = [key for curve in curves for key, _ in curve.points]
    _mark(min(keys), max(keys), axis)
    return plotext.build()


def _mark(first: int, last: int, axis: str) -> None:
    places = [first + (last - first) * number // (TICKS - 1) for number in range(TICKS)]
    plotext.xticks(places, [_word(place, last - first, axis) for place in places])
    plotext.xlabel({"time": "UTC", "relative_time": "seconds since the first sample"}.get(axis, "step"))


def _word(place: int, span: int, axis: str) -> str:
    if axis == "relative_time":
        return f"{place / 1e9:.6g}"
    if axis != "time":
        return str(place)
    return datetime.fromtimestamp(place / 1e9, UTC).strftime("%H:%M:%S" if span < 86_400 * 10**9 else "%m-%d %H:%M")
