"""Boundaries: named outlines for which packages are made."""

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import boundaries as c
from gateway.apis.packages.boundary_import import DEADLINE, IMPORT_BODY, import_collection
from gateway.apis.packages.dialect import PACKAGES, READ
from gateway.apis.packages.geometries import MULTI_POLYGON, POLYGON
from gateway.apis.packages.slices import ask_slices
from gateway.http.commands import send
from gateway.http.pagination import Word
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.routing import Routes
from kit.errors import NotFound

routes = Routes("boundaries", PACKAGES)
NEITHER = {400: "Neither a name nor both coordinates are given."}
COLUMN = {400: "The coordinate system is another one, or a feature lacks the name column.",
          409: "A name is taken, or occurs twice; `error.details` names the features."}  # fmt: skip
Degrees = Annotated[float | None, Query(allow_inf_nan=False)]
Name = Annotated[str, Field(max_length=200)]


class Boundary(c.Boundary):
    """In EPSG:4326; `envelope` is the bounding box."""

    geometry: MULTI_POLYGON
    envelope: POLYGON


@routes.get("/boundaries", Policy.PUBLIC_READ, list[c.BoundarySummary], scope=READ)
async def list_boundaries(request: Request) -> Response:
    """Lists all boundaries by their long names, without geometries."""
    query = c.ListBoundaries()
    return await ask_slices(request, query, "name_long", full=query.limit)


@routes.get("/boundaries/search", Policy.PUBLIC_READ, list[c.BoundarySummary], scope=READ, refuses=NEITHER)
async def search_boundaries(
    request: Request, name: Word | None = None, latitude: Degrees = None, longitude: Degrees = None
) -> Response:  # fmt: skip
    """Finds boundaries that meet a point, or whose long name contains a text, whatever its case."""
    return await ask(request, c.SearchBoundaries(name=name, latitude=latitude, longitude=longitude))


@routes.get("/boundaries/{boundary_name}", Policy.PUBLIC_READ, Boundary, scope=READ)
async def get_boundary(request: Request, boundary_name: str) -> Response:
    """Returns one boundary with its outline."""
    return await ask(request, c.GetBoundary(name=boundary_name))


@routes.post(
    "/boundaries", Policy.ADMIN, c.ImportedBoundaries, status=201, sends=c.ImportBoundaries, refuses=COLUMN,
    openapi_extra=IMPORT_BODY, deadline=DEADLINE, body=None,
)  # fmt: skip
async def import_boundaries(
    request: Request, name_column: Word = "name", name_long_column: Word = "name_long", admin_level: Word = "0",
    wipe: bool = False,
) -> Response:  # fmt: skip
    """Stores all features of a GeoJSON FeatureCollection, or none. `wipe` deletes the boundaries that are there."""
    columns = {"name_column": name_column, "name_long_column": name_long_column}
    return await import_collection(request, **columns, admin_level=admin_level, wipe=wipe)


@routes.delete("/boundaries/{boundary_name}", Policy.ADMIN, sends=c.DeleteBoundary)
async def delete_boundary(request: Request, boundary_name: str) -> Response:
    """Packages that were made for the boundary stay."""
    if not (boundary_name.isascii() and boundary_name.isalpha() and boundary_name.islower()):
        raise NotFound("boundary_not_found", f"Requested boundary {boundary_name} could not be found")
    return await send(request, c.DeleteBoundary(name=boundary_name))
