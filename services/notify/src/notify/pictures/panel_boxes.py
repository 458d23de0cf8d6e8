"""Where panels stand: the cells that their layouts name, or one under the other."""

from collections.abc import Sequence
from typing import Any

from notify.pictures.domain import PanelBox

COLUMNS, ROWS, STACKED_ROWS = 24, 120, 4
"""Most columns and rows of a picture; rows of a panel when layouts cannot be used."""


def boxes_of(layouts: Sequence[Any]) -> list[PanelBox]:
    """Returns a box for each layout. Rows that no panel has are left out. Layouts that are no cells, overlap, or need
    too many of them put the panels one under the other."""
    found = [_box(one) for one in layouts]
    boxes = [one for one in found if one is not None]
    if len(boxes) < len(found):
        return _stacked(len(found))
    boxes = _without_gaps(boxes)
    width, height = (max((one[k] + one[k + 2] for one in boxes), default=1) for k in (0, 1))
    cells = {(x + i, y + j) for x, y, w, h in boxes for i in range(w) for j in range(h)}
    is_apart = len(cells) == sum(w * h for _, _, w, h in boxes)
    return boxes if width <= COLUMNS and height <= ROWS and is_apart else _stacked(len(found))


def _box(layout: Any) -> PanelBox | None:
    if not isinstance(layout, dict):
        return None
    numbers = [layout.get(name) for name in ("x", "y", "w", "h")]
    if not all(isinstance(one, int | float) and abs(one) < 1e6 and one == int(one) for one in numbers):
        return None
    x, y, w, h = (int(one) for one in numbers)  # type: ignore[arg-type]
    return (x, y, w, h) if x >= 0 and y >= 0 and 0 < w <= COLUMNS and 0 < h <= ROWS else None


def _without_gaps(boxes: list[PanelBox]) -> list[PanelBox]:
    used = sorted({row for _, y, _, h in boxes for row in range(y, y + h)})
    rows = {row: number for number, row in enumerate(used)}
    return [(x, rows[y], w, h) for x, y, w, h in boxes]


def _stacked(count: int) -> list[PanelBox]:
    return [(0, number * STACKED_ROWS, 1, STACKED_ROWS) for number in range(count)]
