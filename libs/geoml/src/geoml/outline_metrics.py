"""How well outlines are drawn: corners and right angles of those that match a label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Geometry, Polygon

RIGHT = 8.0
"""Degrees by which a corner may differ from a right angle."""
SHORT_METRES = 0.3
"""Labels drawn by hand have corners that mean nothing, within this distance of a straight wall."""


@dataclass(frozen=True)
class OutlineCounts:
    """Corners of the labels and of their outlines; right-angled labels, and how many of these have such an outline."""

    label_corners: int = 0
    corners: int = 0
    square_labels: int = 0
    square: int = 0

    def __add__(self, other: "OutlineCounts") -> "OutlineCounts":
        ours, theirs = vars(self).values(), vars(other).values()
        return OutlineCounts(*(a + b for a, b in zip(ours, theirs, strict=True)))


def compare_outlines(pairs: Sequence[tuple[Geometry, Geometry]], metres_per_pixel: float) -> OutlineCounts:
    """`pairs` are labels and their outlines, in pixels."""
    squares = [_is_square(shapely.simplify(label, SHORT_METRES / metres_per_pixel)) for label, _ in pairs]
    return OutlineCounts(
        sum(_corners(label) for label, _ in pairs),
        sum(_corners(outline) for _, outline in pairs),
        sum(squares),
        sum(square and _is_square(outline) for square, (_, outline) in zip(squares, pairs, strict=True)),
    )


def outline_metrics(counts: OutlineCounts) -> dict[str, float]:
    """Returns `vertex_ratio`, outlines to labels, and `right_angled`, the share of right-angled labels."""
    return {
        "vertex_ratio": counts.corners / max(counts.label_corners, 1),
        "right_angled": counts.square / max(counts.square_labels, 1),
    }


def _corners(geometry: Geometry) -> int:
    return int(shapely.get_num_coordinates(geometry)) - len(shapely.get_rings(geometry))


def _is_square(geometry: Geometry) -> bool:
    return isinstance(geometry, Polygon) and bool(np.all(np.abs(_turns(geometry) - 90) < RIGHT))


def _turns(polygon: Polygon) -> np.ndarray:
    """The change of direction at each corner of the outer ring, degrees without sign."""
    edges = np.diff(np.asarray(polygon.exterior.coords), axis=0)
    heading = np.degrees(np.arctan2(edges[:, 1], edges[:, 0]))
    return np.abs((np.diff(heading, append=heading[0]) + 180) % 360 - 180)
