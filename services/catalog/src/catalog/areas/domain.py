"""Areas of interest and their limits."""

from dataclasses import dataclass
from typing import Any

import shapely

from catalog.areas.drawing import polygons_of, several_polygons
from geo.antimeridian import Surface, bounds, meets_at_the_line, split
from geo.boxes import Box
from geo.geojson import BadGeometry
from geo.measure import square_metres
from geo.polygons import check_valid, polygon_of, read_polygons

MAX_AREA = 5.0e9
"""Square metres (5,000 km²), more than drones cover."""


@dataclass(frozen=True)
class Area:
    """A valid polygon in EPSG:4326 with its size in square metres; two polygons that meet at ±180° when it crosses the
    antimeridian.

    `geojson` of an uncut polygon is the input: writing it with shapely takes as long as all checks together.
    """

    surface: Surface
    square_metres: float
    geojson: dict[str, Any]

    @property
    def bbox(self) -> Box:
        return bounds(self.surface)


def area_of(drawn: dict[str, Any]) -> Area:
    """Reads one closed, simple, reasonably small polygon in lon/lat, in any wrapping. Raises BadGeometry otherwise."""
    polygons = read_polygons(polygons_of(drawn))
    shapes = [polygon_of(rings) for rings in polygons]
    if len(shapes) == 1:
        surface = split(shapes[0])
        is_uncut = surface is shapes[0]
        return _measured(surface, {"type": "Polygon", "coordinates": polygons[0]} if is_uncut else _mapped(surface))
    surface = split(shapely.MultiPolygon(shapes))
    if not surface.is_valid or not meets_at_the_line(surface):
        raise several_polygons(len(shapes))
    return _measured(surface, _mapped(surface))


def _mapped(surface: Surface) -> dict[str, Any]:
    return shapely.geometry.mapping(surface)


def _measured(surface: Surface, geojson: dict[str, Any]) -> Area:
    size = square_metres(check_valid(surface))
    if not 0 < size <= MAX_AREA:
        raise BadGeometry(
            f"An area of interest covers at most {MAX_AREA / 1e6:,.0f} km²; this one {size / 1e6:,.0f} km²."
        )
    return Area(surface, size, geojson)
