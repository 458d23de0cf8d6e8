"""Conversion to OSM XML, comparison with OpenStreetMap, and the age of its data."""

from typing import Any, Literal

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.osm import Conflate, DescribeAsOsm, GetOsmStatus, OsmStatus
from gateway.apis.fair.dialect import FAIR
from gateway.http.inputs.fields import MAX_OSM_FEATURES, Body
from gateway.http.limits.timeouts import OSM_CONVERSION_WAIT
from gateway.http.policy import Policy
from gateway.http.queries import JSON, answer, ask
from gateway.http.routing import Routes
from gateway.openapi.schemas import Feature, Features, Xml

routes = Routes("osm", FAIR)
CONFLATION, STATUS = 60.0, 7.0
"""Seconds to wait, those of the Raw Data API included."""


class Collection(Body):
    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]] = Field(max_length=MAX_OSM_FEATURES)


class GeojsonBody(Body):
    geojson: Collection


@routes.post("/geojson2osm/", Policy.AUTH, body=None, deadline=OSM_CONVERSION_WAIT + 1, response_class=Xml)
async def geojson_to_osm(request: Request, body: GeojsonBody) -> Response:
    """Returns OSM XML 0.6 with negative ids, as editors open it."""
    text = orjson.loads(await answer(request, DescribeAsOsm(features=body.geojson.features), OSM_CONVERSION_WAIT))
    return Xml(text)


@routes.post("/conflate/", Policy.AUTH, Features[Feature], body=None, deadline=CONFLATION + 1)
async def conflate(request: Request, body: GeojsonBody) -> Response:
    """Returns the features that OpenStreetMap does not have yet."""
    new = orjson.loads(await answer(request, Conflate(features=body.geojson.features), CONFLATION))
    return Response(orjson.dumps({"type": "FeatureCollection", "features": new}), media_type=JSON)


@routes.get("/osm/status/", Policy.ANON, OsmStatus)
async def osm_status(request: Request) -> Response:
    """Returns how old the OpenStreetMap data is that labels and conflation use, as reported by the Raw Data API."""
    return await ask(request, GetOsmStatus(), STATUS)
