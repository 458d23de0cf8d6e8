"""`/models/centroid/`: where published models were trained, as points."""

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.models import ListLocalModels
from contracts.shared import Comparison, Page
from gateway.apis.fair_v1.answers import Row
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.related import centre_of
from gateway.apis.fair_v1.rows import ModelPoint
from gateway.http.inputs.fields import Id
from gateway.http.pagination import MOST, Searched
from gateway.http.policy import Policy
from gateway.http.queries import JSON, answer
from gateway.http.routing import Routes
from gateway.openapi.schemas import Features

routes = Routes("model", V1)
TIMEOUT = 10.0
"""Seconds; the geometries are in the STAC items."""


class CentroidFilters(Searched):
    id: Id | None = None


@routes.get("/models/centroid/", Policy.PUBLIC_READ, Features[ModelPoint])
async def model_centroids(request: Request, filters: Annotated[CentroidFilters, Query()]) -> Response:
    """Not paginated; of very many models the newest."""
    chosen = [] if filters.id is None else [Comparison(field="id", value=str(filters.id))]
    page = Page(limit=MOST, search=filters.search, compare=chosen)
    query = ListLocalModels(status="active", visibility="public", expand=True, page=page)
    rows = orjson.loads(await answer(request, query, TIMEOUT))["results"]
    features = [_point(row) for row in rows if row["stac"] and row["stac"]["geometry"]]
    return Response(orjson.dumps({"type": "FeatureCollection", "features": features}), media_type=JSON)


def _point(row: Row) -> Row:
    centre = centre_of(_box(row["stac"]["geometry"]["coordinates"]))
    properties = {"mid": row["id"], "name": row["title"] or row["name"]}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": centre}, "properties": properties}


def _box(coordinates: Any) -> list[float]:
    """West is greater than east when the parts lie on both sides of the antimeridian."""
    xs, ys = zip(*_positions(coordinates), strict=True)
    if max(xs) - min(xs) <= 180:
        return [min(xs), min(ys), max(xs), max(ys)]
    return [min(x for x in xs if x > 0), min(ys), max(x for x in xs if x <= 0), max(ys)]


def _positions(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Yields longitude and latitude of every vertex, at any depth."""
    if isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
        return
    for part in coordinates:
        yield from _positions(part)
