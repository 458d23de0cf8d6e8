"""Where panels stand: the cells that their layouts name, or one under the other."""

from collections.abc import Sequence
from typing import Any

from notify.pictures.domain import Place

COLUMNS, ROWS, STACKED_ROWS = 24, 120, 4
"""Most columns and rows of a picture; rows of a panel when layouts cannot be used."""


def places_of(layouts: Sequence[Any]) -> list[Place]:
    """Returns a place for each layout. Rows that no panel has are left out. Layouts that are no cells, overlap, or need
    too many of them put the panels one under the other."""
    found = [_place(one) for one in layouts]
    places = [one for one in found if one is not None]
    if len(places) < len(found):
        return _stacked(len(found))
    places = _without_gaps(places)
    width, height = (max((one[k] + one[k + 2] for one in places), default=1) for k in (0, 1))
    cells = {(x + i, y + j) for x, y, w, h in places for i in range(w) for j in range(h)}
    is_apart = len(cells) == sum(w * h for _, _, w, h in places)
    return places if width <= COLUMNS and height <= ROWS and is_apart else _stacked(len(found))


def _place(layout: Any) -> Place | None:
    if not isinstance(layout, dict):
        return None
    numbers = [layout.get(name) for name in ("x", "y", "w", "h")]
    if not all(isinstance(one, int | float) and abs(one) < 1e6 and one == int(one) for one in numbers):
        return None
    x, y, w, h = (int(one) for one in numbers)  # type: ignore[arg-type]
    return (x, y, w, h) if x >= 0 and y >= 0 and 0 < w <= COLUMNS and 0 < h <= ROWS else None


def _without_gaps(places: list[Place]) -> list[Place]:
    used = sorted({row for _, y, _, h in places for row in range(y, y + h)})
    rows = {row: number for number, row in enumerate(used)}
    return [(x, rows[y], w, h) for x, y, w, h in places]


def _stacked(count: int) -> list[Place]:
    return [(0, number * STACKED_ROWS, 1, STACKED_ROWS) for number in range(count)]
