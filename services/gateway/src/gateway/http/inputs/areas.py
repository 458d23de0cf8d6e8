"""Areas that a request names: a box, or a polygon in GeoJSON."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.http.inputs.fields import Body
from gateway.http.pagination import Box
from geo.geojson import foreign_crs

REACH, WIDEST = 540, 180
"""Degrees: how far the longitude of a map goes that was scrolled over the antimeridian, and the width of a box that
crosses it."""


def _box(box: Box) -> Box:
    """Returns a box whose east exceeds 180 degrees when it crosses the antimeridian (west > east)."""
    west, south, east, north = box
    if -180 <= east < west <= 180 and east + 360 - west <= WIDEST:
        east += 360
    if not (-REACH <= west < east <= REACH and east - west <= 360 and -90 <= south < north <= 90):
        raise ValueError(
            "must be [west, south, east, north] with south < north, and west < east unless it crosses the antimeridian"
        )
    return west, south, east, north


BoundingBox = Annotated[Box, AfterValidator(_box)]
Zoom = Annotated[int, Field(ge=14, le=22)]


class Geometry(Body):
    """The owner validates it in full."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Any] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _in_degrees(cls, given: Any) -> Any:
        if isinstance(given, dict) and (name := foreign_crs(given)):
            raise ValueError(f"is in {name}; longitudes and latitudes in EPSG:4326 are required")
        return given


def polygon_of(box: Box) -> dict[str, Any]:
    west, south, east, north = box
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [ring]}
