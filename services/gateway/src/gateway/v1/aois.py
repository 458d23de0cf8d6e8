"""`/aoi/`: areas as Features with an `id` at the top."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.areas import ChangeAoi, CreateAoi, DeleteAoi, GetAoi, GetAoiGpx, ListAois
from gateway.api.aois import as_gpx
from gateway.body import Body, Id
from gateway.commands import send
from gateway.paging import Boxed
from gateway.policy import Policy
from gateway.queries import ask, ask_rows
from gateway.schema import FeaturesOf, Xml
from gateway.v1.answers import Row, reshaped, reshaped_rows
from gateway.v1.geometry import Geom
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import EarlyAoi

routes = EarlyRoutes("aoi")
TRACK = "Don't Edit this Boundary"
"""What mappers see of it in their editors."""


class EarlyAoiBody(Body):
    geom: Geom
    dataset: Id | None = None


class EarlyAoiPatch(Body):
    geom: Geom | None = None
    dataset: Id | None = None


class AoiFilters(Boxed):
    dataset: Id | None = None


@routes.get("/aoi/", Policy.PUBLIC_READ, FeaturesOf[EarlyAoi])
async def list_aois(request: Request, filters: Annotated[AoiFilters, Query()]) -> Response:
    return await reshaped_rows(await ask_rows(request, ListAois, filters, geo=True), _early)


@routes.post("/aoi/", Policy.AUTH, EarlyAoi, status=201, sends=CreateAoi)
async def create_aoi(request: Request, body: EarlyAoiBody) -> Response:
    return await reshaped(await send(request, CreateAoi(geometry=body.geom, dataset=body.dataset)), _early)


@routes.get("/aoi/{aoi_id}/", Policy.PUBLIC_READ, EarlyAoi)
async def get_aoi(request: Request, aoi_id: Id) -> Response:
    return await reshaped(await ask(request, GetAoi(aoi_id=aoi_id)), _early)


@routes.put("/aoi/{aoi_id}/", Policy.OWNER, EarlyAoi, sends=ChangeAoi)
async def replace_aoi(request: Request, aoi_id: Id, body: EarlyAoiBody) -> Response:
    command = ChangeAoi(aoi_id=aoi_id, geometry=body.geom, dataset=body.dataset, set_dataset=True)
    return await reshaped(await send(request, command), _early)


@routes.patch("/aoi/{aoi_id}/", Policy.OWNER, EarlyAoi, sends=ChangeAoi)
async def change_aoi(request: Request, aoi_id: Id, body: EarlyAoiPatch) -> Response:
    named = "dataset" in body.model_fields_set
    command = ChangeAoi(aoi_id=aoi_id, geometry=body.geom, dataset=body.dataset, set_dataset=named)
    return await reshaped(await send(request, command), _early)


@routes.delete("/aoi/{aoi_id}/", Policy.OWNER, sends=DeleteAoi)
async def delete_aoi(request: Request, aoi_id: Id) -> Response:
    return await send(request, DeleteAoi(aoi_id=aoi_id))


@routes.get("/aoi/gpx/{aoi_id}/", Policy.PUBLIC_READ, response_class=Xml)
async def aoi_as_gpx(request: Request, aoi_id: Id) -> Response:
    return await as_gpx(request, GetAoiGpx(aoi_id=aoi_id, name=TRACK))


def _early(feature: Row) -> Row:
    """An area whose labels nobody fetched yet has `label_status` -1."""
    properties = {"label_status": -1, "label_fetched": None, **feature["properties"]}
    user = properties["user"]["osm_id"]
    return {**feature, "id": properties["id"], "properties": properties | {"user": user}}
