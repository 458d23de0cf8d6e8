"""Helpers on the way to OpenStreetMap and back."""

from typing import Any, Literal

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.osm import Conflate, DescribeAsOsm, GetOsmStatus, OsmStatus
from gateway.body import Body
from gateway.policy import Policy
from gateway.queries import JSON, answer, ask
from gateway.routing import Routes
from gateway.schema import Feature, Features, Xml

routes = Routes("osm")
MOST = 10_000
CONVERSION, CONFLATION, STATUS = 10.0, 60.0, 7.0
"""Seconds to wait; the second and third include those of the Raw Data API."""


class Collection(Body):
    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]] = Field(max_length=MOST)


class GeojsonBody(Body):
    geojson: Collection


@routes.post("/geojson2osm/", Policy.AUTH, deadline=CONVERSION + 1, response_class=Xml)
async def geojson_to_osm(request: Request, body: GeojsonBody) -> Response:
    """OSM XML 0.6 with negative ids, as editors open it."""
    text = orjson.loads(await answer(request, DescribeAsOsm(features=body.geojson.features), CONVERSION))
    return Xml(text)


@routes.post("/conflate/", Policy.AUTH, Features[Feature], deadline=CONFLATION + 1)
async def conflate(request: Request, body: GeojsonBody) -> Response:
    """The features that OpenStreetMap does not have yet."""
    new = orjson.loads(await answer(request, Conflate(features=body.geojson.features), CONFLATION))
    return Response(orjson.dumps({"type": "FeatureCollection", "features": new}), media_type=JSON)


@routes.get("/osm/status/", Policy.ANON, OsmStatus)
async def osm_status(request: Request) -> Response:
    """How old the OpenStreetMap data is that labels and conflation get, as the Raw Data API tells it."""
    return await ask(request, GetOsmStatus(), STATUS)
