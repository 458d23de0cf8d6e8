"""Boundaries: named outlines for which packages are made."""

from typing import Annotated

from pydantic import Field

from contracts.base import Command, Contract, Event, Query
from contracts.shared import Json

BoundaryName = Annotated[str, Field(pattern=r"^[a-z]+$", max_length=200, examples=["gambia"])]


class BoundarySummary(Contract):
    id: int
    name: str
    name_long: str


class Boundary(Contract):
    """`geometry` is a MultiPolygon and `envelope` a Polygon of five points, SW, NW, NE, SE, SW, both in EPSG:4326
    with at most nine decimals."""

    id: int
    name: str
    name_long: str
    admin_level: str
    geometry: Json
    envelope: Json


class ListBoundaries(Query, wire="catalog.v1.list_boundaries"):
    """Returns every BoundarySummary in the order of `name_long` by code point. `after`: only those behind this
    `name_long`, at most `limit`."""

    after: str = ""
    limit: int = Field(default=10_000, ge=1, le=10_000)


class SearchBoundaries(Query, wire="catalog.v1.search_boundaries"):
    """Returns BoundarySummary rows in the order of `name_long`: those that meet the point when both coordinates are
    given, else those whose `name_long` contains `name`, whatever its case. Invalid without a name and a point."""

    name: str | None = None
    latitude: float | None = Field(default=None, allow_inf_nan=False)
    longitude: float | None = Field(default=None, allow_inf_nan=False)


class GetBoundary(Query, wire="catalog.v1.get_boundary"):
    """Returns a Boundary. NotFound."""

    name: str = Field(examples=["gambia"])


class ImportBoundaries(Command, wire="catalog.v1.import_boundaries"):
    """Stores all features of a GeoJSON FeatureCollection or none. `wipe` deletes the boundaries that are there. Returns
    `ImportedBoundaries`. For administrators. Invalid for another coordinate system or a missing column, Conflict for a
    name that is there already, Unprocessable for anything else in the file."""

    collection: Json = Field(examples=[{"type": "FeatureCollection", "features": []}])
    name_column: str = "name"
    name_long_column: str = "name_long"
    admin_level: str = "0"
    wipe: bool = False


class ImportedBoundaries(Contract):
    """`names`: as they are stored, in the order of the file. `skipped`: features without a name of their own. `total`:
    features of the file."""

    loaded: int
    skipped: int
    total: int
    names: list[str]


class DeleteBoundary(Command, wire="catalog.v1.delete_boundary"):
    """Packages that were made for it stay."""

    name: BoundaryName


class BoundariesChanged(Event, wire="catalog.v1.boundaries_changed"):
    """`names` were added or deleted; `wiped`: all earlier ones were deleted."""

    added: list[str] = []
    deleted: list[str] = []
    wiped: bool = False
