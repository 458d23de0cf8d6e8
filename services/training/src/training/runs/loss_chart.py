"""The course of a training as a picture."""

import io
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT, MARGIN = 640, 420, 48
COLOURS = ("#d73f3f", "#2c3038", "#4c8c2b", "#417dc9", "#b8860b", "#7a4fa3")
Epoch = dict[str, Any]
Point = tuple[float, float | None]
Line = list[Point]


def loss_chart(epochs: Sequence[Epoch]) -> str:
    """PNG, base64: a line for each value over the epochs, all on one scale from 0. Empty without epochs.

    Where a value is not defined its line has a gap, and its name says how often."""
    lines = _lines(epochs)
    return b64encode(_draw(lines)).decode() if lines else ""


def _lines(epochs: Sequence[Epoch]) -> dict[str, Line]:
    """Name of the value → (epoch, value); shares and counts of work done are no course."""
    found: dict[str, Line] = {}
    for one in epochs:
        for name, value in one["values"].items():
            if name != "done":
                found.setdefault(name, []).append((one["epoch"], value))
    return found


def _draw(lines: dict[str, Line]) -> bytes:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    first, last = (edge(x for line in lines.values() for x, _ in line) for edge in (min, max))
    top = max((abs(y) for line in lines.values() for _, y in line if y is not None), default=0) or 1.0
    pen.rectangle((MARGIN, MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN), outline="#687075")
    for place, text in (
        ((8, MARGIN), f"{top:.3g}"),
        ((8, HEIGHT - MARGIN - 10), "0"),
        ((MARGIN, HEIGHT - MARGIN + 8), f"epoch {first:g}"),
        ((WIDTH - MARGIN - 24, HEIGHT - MARGIN + 8), f"{last:g}"),
    ):
        pen.text(place, text, fill="#2c3038")
    for number, (name, line) in enumerate(sorted(lines.items())):
        colour = COLOURS[number % len(COLOURS)]
        for part in _unbroken(line):
            points = [_position(x, y, first, last, top) for x, y in part]
            pen.line(points, fill=colour, width=2)
            for x, y in points:
                pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
        pen.text((MARGIN + 8 + number * 140, 16), _title(name, line), fill=colour)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def _unbroken(line: Line) -> list[list[tuple[float, float]]]:
    """Its parts between the points that are not defined."""
    parts: list[list[tuple[float, float]]] = [[]]
    for x, y in line:
        if y is None:
            parts.append([])
        else:
            parts[-1].append((x, y))
    return [part for part in parts if part]


def _title(name: str, line: Line) -> str:
    missing = sum(y is None for _, y in line)
    return f"{name} ({missing} not defined)" if missing else name


def _position(x: float, y: float, first: float, last: float, top: float) -> tuple[float, float]:
    across = (x - first) / (last - first) if last > first else 0.5
    up = max(0.0, y) / top
    return MARGIN + across * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)
