"""`/aoi/`: areas as Features with an `id` at the top."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.areas import ChangeAoi, CreateAoi, DeleteAoi, GetAoi, GetAoiGpx, ListAois
from gateway.apis.fair_v1.answers import Row, page_to_v1, to_v1
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.rows import V1Aoi
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id
from gateway.http.inputs.geometry_text import Geom
from gateway.http.pagination import Boxed
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows, ask_xml
from gateway.http.routing import Routes
from gateway.openapi.schemas import FeaturesOf, Xml

routes = Routes("aoi", V1)
TRACK = "Don't Edit this Boundary"
"""The name that mappers see in their editors."""


class V1AoiBody(Body):
    geom: Geom
    dataset: Id | None = None


class V1AoiPatch(Body):
    geom: Geom | None = None
    dataset: Id | None = None


class AoiFilters(Boxed):
    dataset: Id | None = None


@routes.get("/aoi/", Policy.PUBLIC_READ, FeaturesOf[V1Aoi])
async def list_aois(request: Request, filters: Annotated[AoiFilters, Query()]) -> Response:
    return await page_to_v1(await ask_rows(request, ListAois, filters, geo=True), _to_v1)


@routes.post("/aoi/", Policy.AUTH, V1Aoi, status=201, body=None, sends=CreateAoi)
async def create_aoi(request: Request, body: V1AoiBody) -> Response:
    return await to_v1(await send(request, CreateAoi(geometry=body.geom, dataset=body.dataset)), _to_v1)


@routes.get("/aoi/{aoi_id}/", Policy.PUBLIC_READ, V1Aoi)
async def get_aoi(request: Request, aoi_id: Id) -> Response:
    return await to_v1(await ask(request, GetAoi(aoi_id=aoi_id)), _to_v1)


@routes.put("/aoi/{aoi_id}/", Policy.OWNER, V1Aoi, body=None, sends=ChangeAoi)
async def replace_aoi(request: Request, aoi_id: Id, body: V1AoiBody) -> Response:
    command = ChangeAoi(aoi_id=aoi_id, geometry=body.geom, dataset=body.dataset, set_dataset=True)
    return await to_v1(await send(request, command), _to_v1)


@routes.patch("/aoi/{aoi_id}/", Policy.OWNER, V1Aoi, body=None, sends=ChangeAoi)
async def change_aoi(request: Request, aoi_id: Id, body: V1AoiPatch) -> Response:
    named = "dataset" in body.model_fields_set
    command = ChangeAoi(aoi_id=aoi_id, geometry=body.geom, dataset=body.dataset, set_dataset=named)
    return await to_v1(await send(request, command), _to_v1)


@routes.delete("/aoi/{aoi_id}/", Policy.OWNER, sends=DeleteAoi)
async def delete_aoi(request: Request, aoi_id: Id) -> Response:
    return await send(request, DeleteAoi(aoi_id=aoi_id))


@routes.get("/aoi/gpx/{aoi_id}/", Policy.PUBLIC_READ, response_class=Xml)
async def aoi_as_gpx(request: Request, aoi_id: Id) -> Response:
    return await ask_xml(request, GetAoiGpx(aoi_id=aoi_id, name=TRACK))


def _to_v1(feature: Row) -> Row:
    """`label_status` is -1 for an area whose labels were never fetched."""
    properties = {"label_status": -1, "label_fetched": None, **feature["properties"]}
    user = properties["user"]["osm_id"]
    return {**feature, "id": properties["id"], "properties": properties | {"user": user}}
