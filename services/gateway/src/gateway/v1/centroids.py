"""`/models/centroid/`: where published models learned, as points."""

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.models import ListLocalModels
from contracts.shared import Comparison, Page
from gateway.body import Id
from gateway.paging import MOST, Searched
from gateway.policy import Policy
from gateway.queries import JSON, answer
from gateway.schema import Features
from gateway.v1.answers import Row
from gateway.v1.facts import centre_of
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import ModelPoint

routes = EarlyRoutes("model")
PATIENCE = 10.0
"""Seconds; the places are in the catalogue's items."""


class CentroidFilters(Searched):
    id: Id | None = None


@routes.get("/models/centroid/", Policy.PUBLIC_READ, Features[ModelPoint])
async def model_centroids(request: Request, filters: Annotated[CentroidFilters, Query()]) -> Response:
    """Not paginated; of very many models the newest."""
    chosen = [] if filters.id is None else [Comparison(field="id", value=str(filters.id))]
    page = Page(limit=MOST, search=filters.search, compare=chosen)
    query = ListLocalModels(status="active", visibility="public", expand=True, page=page)
    rows = orjson.loads(await answer(request, query, PATIENCE))["results"]
    features = [_point(row) for row in rows if row["stac"] and row["stac"]["geometry"]]
    return Response(orjson.dumps({"type": "FeatureCollection", "features": features}), media_type=JSON)


def _point(row: Row) -> Row:
    xs, ys = zip(*_positions(row["stac"]["geometry"]["coordinates"]), strict=True)
    centre = centre_of([min(xs), min(ys), max(xs), max(ys)])
    properties = {"mid": row["id"], "name": row["title"] or row["name"]}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": centre}, "properties": properties}


def _positions(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Longitude and latitude of every vertex, however deep."""
    if isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
        return
    for part in coordinates:
        yield from _positions(part)
