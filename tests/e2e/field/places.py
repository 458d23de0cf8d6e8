"""Plots of ground for the field reports: each is a tile of zoom 19 with room for houses, EPSG:4326."""

import json
from typing import Any

import morecantile

ZOOM = 19
GRID = morecantile.tms.get("WebMercatorQuad")
CORNER = GRID.tile(21.5, -17.2, ZOOM)
Ring = list[list[float]]
Geometry = dict[str, Any]
Feature = dict[str, Any]


def tile(column: int, row: int = 0) -> morecantile.Tile:
    return morecantile.Tile(CORNER.x + column, CORNER.y + row, ZOOM)


def point(column: float, row: float) -> list[float]:
    """Longitude and latitude of a place in tiles east and south of the corner."""
    west, north = GRID.bounds(CORNER).left, GRID.bounds(CORNER).top
    east, south = GRID.bounds(CORNER).right, GRID.bounds(CORNER).bottom
    return [west + (east - west) * column, north + (south - north) * row]


def ring(left: float, upper: float, right: float, lower: float) -> Ring:
    """A rectangle in tiles east and south of the corner, counter-clockwise."""
    corners = ((left, upper), (left, lower), (right, lower), (right, upper), (left, upper))
    return [point(*corner) for corner in corners]


def polygon(*rings: Ring) -> Geometry:
    return {"type": "Polygon", "coordinates": list(rings)}


def area(column: int, row: int = 0, columns: int = 1, rows: int = 1) -> Geometry:
    """A block of whole tiles, drawn just inside of them."""
    edge = 1e-3
    return polygon(ring(column + edge, row + edge, column + columns - edge, row + rows - edge))


def house_ring(column: float, number: int = 0) -> Ring:
    """The outline of one of 25 houses, about 8 m wide, on the plot in this column."""
    left, upper = column + 0.1 + 0.17 * (number % 5), 0.1 + 0.17 * (number // 5)
    return ring(left, upper, left + 0.1, upper + 0.1)


def house(column: float, number: int = 0, **properties: Any) -> Feature:
    return feature(polygon(house_ring(column, number)), properties)


def feature(geometry: Geometry | None, properties: dict[str, Any] | None) -> Feature:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", **members, "features": list(features)}


def written(*features: Any, **members: Any) -> bytes:
    return json.dumps(collection(*features, **members), ensure_ascii=False).encode()
