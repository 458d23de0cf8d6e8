"""Where a prediction may be made."""

import json
from typing import Any

import shapely

from geo import antimeridian
from geo.geojson import BadGeometry, check_degrees, list_of
from geo.polygons import check_valid, read_polygons

Region = shapely.Polygon | shapely.MultiPolygon


def region_of(geometry: dict[str, Any], one: bool = False) -> Region:
    """A valid surface in EPSG:4326; BadGeometry for anything but a GeoJSON Polygon or MultiPolygon in lon/lat.

    What crosses the antimeridian is cut there. `one`: a single polygon as it is, the union of several, or the box
    around them where that is not one.
    """
    polygons = _polygons(geometry)
    if one and len(polygons) > 1:
        union = shapely.union_all([_valid(antimeridian.split(polygon)) for polygon in polygons])
        return union if isinstance(union, shapely.Polygon) else antimeridian.box(*antimeridian.bounds(union))
    is_multiple = geometry["type"] == "MultiPolygon" and not one
    return _valid(antimeridian.split(shapely.MultiPolygon(polygons) if is_multiple else polygons[0]))


def _polygons(geometry: dict[str, Any]) -> list[shapely.Polygon]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    check_degrees(geometry)
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadGeometry("Only a GeoJSON Polygon or MultiPolygon can be predicted on.")
    parts = [coordinates] if kind == "Polygon" else list_of(coordinates, "coordinates must be a list.")
    return [shapely.Polygon(rings[0], rings[1:]) for rings in read_polygons(parts)]


def _valid(region: Region) -> Region:
    if not check_valid(region).area > 0:
        raise BadGeometry("The geometry has no area.")
    return region


def ewkb(region: Region) -> str:
    """For PostGIS, in hexadecimal digits: every bit kept, which text with 17 digits does not do near the equator."""
    marked = shapely.set_srid(region, 4326)  # pyright: ignore[reportUnknownMemberType]
    return shapely.to_wkb(marked, hex=True, include_srid=True)


def geojson(region: Region) -> dict[str, Any]:
    return json.loads(shapely.to_geojson(region))
