"""The grid of bins, and how a sample becomes a point of a curve. Times are in nanoseconds since the epoch unless a name
says milliseconds; spans are half-open."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

MICRO, MILLI, SECOND = 1_000, 1_000_000, 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
LEVELS = (DAY, HOUR, 10 * MINUTE, MINUTE)
"""Widths of rollups; each is a multiple of the next one."""
_SMALL = (1, 2, 5, 10, 20, 50, 100, 200, 500)
WIDTHS = (
    *(MICRO * step for step in _SMALL), *(MILLI * step for step in _SMALL),
    *(SECOND * step for step in (1, 2, 5, 10, 20)), *(MINUTE * step for step in (1, 2, 5, 10, 20)),
    *(HOUR * step for step in (1, 2, 4, 12)), *(DAY * step for step in (1, 2, 4, 8, 16, 32, 64)),
)  # fmt: skip
Span = tuple[int, int]


def width_of(begin: int, end: int, num_bins: int) -> int:
    """Returns the greatest allowed width of which at least `num_bins` fit into the span, 1 µs when there is none."""
    return WIDTHS[max(0, bisect_right(WIDTHS, (end - begin) // num_bins) - 1)]


def bins_of(begin: int, end: int, width: int) -> Span:
    """Returns the bins that touch the span, as multiples of `width` since the epoch."""
    return (0, 0) if begin >= end else (begin // width, -(-end // width))


@dataclass(frozen=True, slots=True)
class Cover:
    """How a span is read: `rolled` has bins by width of their rollup, `unrolled` what no rollup can tell."""

    rolled: dict[int, list[Span]]
    unrolled: list[Span]


def cover(span: Span, levels: tuple[int, ...], sealed_until: int, late: Iterable[Span]) -> Cover:
    """Returns a disjoint cover of `span`. `levels` are widths of rollups, each a multiple of the next; rollups end at
    `sealed_until`, and what they say of the spans `late` is out of date."""
    found = Cover({level: [] for level in levels}, [])
    _cover(span, levels, sealed_until, list(late), found)
    return found


def _cover(span: Span, levels: tuple[int, ...], sealed_until: int, late: list[Span], found: Cover) -> None:
    if span[0] >= span[1]:
        return
    if not levels:
        found.unrolled.append(span)
        return
    level, finer, place = levels[0], levels[1:], span[0]
    for first, end in _clean(span, level, sealed_until, late):
        _cover((place, first * level), finer, sealed_until, late, found)
        found.rolled[level].append((first, end))
        place = end * level
    _cover((place, span[1]), finer, sealed_until, late, found)


def _clean(span: Span, level: int, sealed_until: int, late: list[Span]) -> list[Span]:
    """Bins of `level` that lie in the span and in sealed time, without those that late samples touch."""
    place, end, found = -(-span[0] // level), min(span[1], sealed_until) // level, list[Span]()
    for start, stop in late:
        if stop <= span[0] or start >= span[1]:
            continue
        if place < min(end, start // level):
            found.append((place, min(end, start // level)))
        place = max(place, -(-stop // level))
    return [*found, (place, end)] if place < end else found


def shown(kind: str, number: float | None, text: str | None, as_text: bool | None) -> tuple[float | None, str | None]:
    """Returns the number of a point and the text that belongs to it. `as_text` overrides whether values are treated as
    text."""
    if kind == "string":
        return _text(text or "", as_text)
    if kind == "enum" and as_text is None:
        return number, text
    if number is None or not isfinite(number):
        return None, _non_finite(number)
    return (1.0, _shortest(number)) if as_text else (number, None)


def _text(text: str, as_text: bool | None) -> tuple[float | None, str | None]:
    if as_text is False:
        try:
            return finite(float(text)), None if isfinite(float(text)) else _non_finite(float(text))
        except ValueError:
            pass
    return float(bool(text)), text


def _non_finite(number: float | None) -> str:
    return {float("inf"): "Infinity", float("-inf"): "-Infinity"}.get(number or 0.0, "NaN")


def _shortest(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def finite(number: float | None) -> float | None:
    """Returns None for what JSON has no number for."""
    return number if number is not None and isfinite(number) else None
