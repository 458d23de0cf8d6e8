"""The area that is cut out: read from GeoJSON, checked, and kept in two forms.

`stored` is the geometry as it came, for the data package and for hashes. `surface` is what cuts: valid polygons within
±180 degrees, split at the antimeridian along straight edges.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import shapely

from extracts.errors import OutlineInvalid
from geo import antimeridian
from geo.geojson import foreign_crs
from geo.measure import square_metres

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees, west < east."""
AMBIGUOUS = (180.0, 270.0)
"""Degrees of longitude between two neighbours that may be one side of the globe or the other."""
POLYGONAL = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class OutlineLimits:
    """`square_metres`: None for boundaries of countries, which may be as large as they are."""

    vertices: int = 250_000
    square_metres: float | None = None
    bytes: int = 64 << 20


@dataclass(frozen=True)
class Outline:
    """Made by `read_outline`. Can be pickled, so that a child process gets the checked one."""

    stored: shapely.MultiPolygon
    surface: shapely.MultiPolygon
    repaired: bool = False
    """Whether `stored` crosses itself and was repaired for cutting."""

    @cached_property
    def envelope(self) -> Box:
        """Of the stored geometry: the whole globe where that has parts on both sides of the antimeridian."""
        return tuple(shapely.bounds(self.stored).tolist())  # type: ignore[return-value]

    @cached_property
    def boxes(self) -> list[Box]:
        """What to read: one box, or one on each side of the antimeridian."""
        west, south, east, north = antimeridian.bounds(self.surface)
        return [(west, south, east, north)] if west <= east else [(west, south, 180, north), (-180, south, east, north)]

    @cached_property
    def square_metres(self) -> float:
        return square_metres(self.surface)

    @cached_property
    def sha256(self) -> str:
        """Of the stored geometry, the same whatever the order of its rings and their first positions."""
        normal = shapely.normalize(self.stored)
        return hashlib.sha256(shapely.to_wkb(normal, byte_order=1, output_dimension=2)).hexdigest()

    @property
    def vertices(self) -> int:
        return int(shapely.get_num_coordinates(self.stored))

    def geojson(self) -> bytes:
        """The stored geometry, for the data package."""
        geometry = orjson.loads(shapely.to_geojson(self.stored))
        return orjson.dumps({"type": "Feature", "properties": {}, "geometry": geometry})


def read_outline(content: bytes | Mapping[str, Any], limits: OutlineLimits | None = None) -> Outline:
    """From GeoJSON: a Polygon or MultiPolygon, a Feature of one, or a FeatureCollection of several.

    OutlineInvalid for anything else, and beyond the limits; a file is refused before it is parsed where that shows.
    """
    limits = limits or OutlineLimits()
    polygons = [shape for geometry in _geometries(_parsed(content, limits)) for shape in _polygons(geometry)]
    if not polygons:
        raise OutlineInvalid("outline_empty", "The area has no polygon.")
    return _limited(outline_of(shapely.MultiPolygon(polygons)), limits)


def outline_of(stored: shapely.MultiPolygon) -> Outline:
    """Of a geometry that is trusted to be a finite one in degrees, for instance from the boundaries' table."""
    surface = antimeridian.split(stored)
    broken = not surface.is_valid
    if broken:
        surface = antimeridian.split(_surfaces(shapely.make_valid(surface, method="structure", keep_collapsed=False)))
    surface = _surfaces(surface)
    if not surface.area:
        raise OutlineInvalid("outline_empty", "The area has no surface: all its positions lie on a line.")
    return Outline(stored, surface, broken)


def check_size(content: bytes, limits: OutlineLimits) -> None:
    """Raises OutlineInvalid for a file that is beyond the limits as far as that shows without parsing it."""
    if len(content) > limits.bytes:
        raise OutlineInvalid("outline_too_large", f"The file has more than {limits.bytes >> 20} MiB.")
    if content.count(b"[") > 2 * limits.vertices + 1000:
        raise _too_many(limits)


def _parsed(content: bytes | Mapping[str, Any], limits: OutlineLimits) -> Mapping[str, Any]:
    if isinstance(content, Mapping):
        return content
    check_size(content, limits)
    try:
        parsed = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise OutlineInvalid("outline_unreadable", f"The file is not JSON: {error}.") from error
    if not isinstance(parsed, dict):
        raise OutlineInvalid("outline_unreadable", "The file is not a GeoJSON object.")
    return parsed


def _geometries(found: Any) -> list[Mapping[str, Any]]:
    if not isinstance(found, Mapping):
        raise OutlineInvalid("outline_unreadable", "A feature of the collection is not a GeoJSON object.")
    _check_crs(found)
    kind = found.get("type")
    if kind == "FeatureCollection":
        features = found.get("features")
        return [one for feature in (features if isinstance(features, list) else []) for one in _of_feature(feature)]
    geometry = found.get("geometry") if kind == "Feature" else found
    if not isinstance(geometry, Mapping) or geometry.get("type") not in POLYGONAL:
        shown = geometry.get("type") if isinstance(geometry, Mapping) else geometry
        raise OutlineInvalid("outline_not_polygonal", f"An area is a Polygon or a MultiPolygon, not {shown!r:.60}.")
    _check_crs(geometry)
    return [geometry]


def _of_feature(feature: Any) -> list[Mapping[str, Any]]:
    if isinstance(feature, Mapping) and feature.get("type") == "FeatureCollection":
        raise OutlineInvalid("outline_unreadable", "A collection holds features, not other collections.")
    return _geometries(feature)


def _check_crs(members: Mapping[str, Any]) -> None:
    if foreign := foreign_crs(dict(members)):
        text = f"The area is in {foreign}. Transform it to longitude and latitude (EPSG:4326) first."
        raise OutlineInvalid("outline_foreign_crs", text)


def _polygons(geometry: Mapping[str, Any]) -> list[shapely.Polygon]:
    given = geometry.get("coordinates")
    polygons = [given] if geometry["type"] == "Polygon" else given
    try:
        rings = [[_ring(ring) for ring in polygon] for polygon in polygons]  # type: ignore[union-attr]
        return [shapely.Polygon(shell, holes) for shell, *holes in rings]
    except (TypeError, ValueError) as error:
        if isinstance(error, OutlineInvalid):
            raise
        raise OutlineInvalid("outline_unreadable", "The coordinates are not lists of rings of positions.") from error


def _ring(positions: Any) -> np.ndarray:
    ring = np.array([position[:2] for position in positions])
    if ring.dtype.kind not in "if":
        raise ValueError("text, or numbers beyond those of the machine")
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 4 or (ring[0] != ring[-1]).any():
        raise OutlineInvalid("outline_ring", "A ring has at least four positions and ends where it starts.")
    if not np.isfinite(ring).all() or (abs(ring) > (antimeridian.REACH, 90)).any():
        raise OutlineInvalid("outline_position", "Longitudes lie within ±180 and latitudes within ±90 degrees.")
    steps = abs(np.diff(ring[:, 0]))
    if ((steps > AMBIGUOUS[0]) & (steps < AMBIGUOUS[1])).any():
        raise OutlineInvalid(
            "outline_edge_too_long",
            f"An edge spans {steps.max():.0f} degrees of longitude; it is not clear which way round the globe it goes. "
            "Add a position between, or let longitudes run on beyond ±180.",
        )
    return ring


def _surfaces(shape: shapely.Geometry) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon) and part.area])


def _limited(outline: Outline, limits: OutlineLimits) -> Outline:
    if outline.vertices > limits.vertices:
        raise _too_many(limits)
    if limits.square_metres is not None and outline.square_metres > limits.square_metres:
        raise OutlineInvalid(
            "outline_area",
            f"An area covers at most {limits.square_metres / 1e6:,.0f} km², "
            f"this one {outline.square_metres / 1e6:,.0f} km².",
            square_metres=outline.square_metres,
        )
    return outline


def _too_many(limits: OutlineLimits) -> OutlineInvalid:
    return OutlineInvalid("outline_vertices", f"An area has at most {limits.vertices:,} vertices. Simplify it.")
