"""The part of a fine outline that a small feature can meet.

Cutting by all of it takes as long as the outline has vertices. So it is cut into quarters, and these again, where
features ask for it, each a little larger than its quarter. A feature that lies within one gets the same parts from it
as from the whole: their ends differ by rounding only, less than 1e-12 degrees.
"""

from dataclasses import dataclass, field

import shapely

from extracts.outline import Box

ENOUGH = 300
"""Vertices of a part that is not worth quartering."""
MARGIN = 0.25
"""Of the side of a quarter, on each of its sides."""


@dataclass
class Nearby:
    """`box`: of a quarter; `shape`: the outline within it and its margin."""

    box: Box
    shape: shapely.Geometry
    quarters: dict[tuple[bool, bool], "Nearby"] = field(default_factory=dict)

    @classmethod
    def of(cls, surface: shapely.Geometry) -> "Nearby":
        west, south, east, north = shapely.bounds(surface).tolist()
        return cls((west, south, east, north), surface)

    def around(self, bounds: Box) -> shapely.Geometry:
        """The smallest part made so far, or made now, that a feature of these bounds lies in."""
        part = self
        while shapely.get_num_coordinates(part.shape) > ENOUGH and (quarter := part._quarter(bounds)):
            part = quarter
        return part.shape

    def _quarter(self, bounds: Box) -> "Nearby | None":
        west, south, east, north = self.box
        x, y = (west + east) / 2, (south + north) / 2
        right, upper = bounds[0] + bounds[2] > 2 * x, bounds[1] + bounds[3] > 2 * y
        box = (x if right else west, y if upper else south, east if right else x, north if upper else y)
        edge = _wider(box)
        if not (edge[0] < bounds[0] and edge[1] < bounds[1] and bounds[2] < edge[2] and bounds[3] < edge[3]):
            return None
        if (right, upper) not in self.quarters:
            self.quarters[right, upper] = Nearby(box, _clipped(self.shape, edge))
        return self.quarters[right, upper]


def _wider(box: Box) -> Box:
    west, south, east, north = box
    wide, high = MARGIN * (east - west), MARGIN * (north - south)
    return west - wide, south - high, east + wide, north + high


def _clipped(shape: shapely.Geometry, box: Box) -> shapely.Geometry:
    """The quick way may make a polygon that is not valid where the outline touches the box's edge."""
    quick = shapely.clip_by_rect(shape, *box)
    return quick if shapely.is_valid(quick) else shapely.intersection(shape, shapely.box(*box))
