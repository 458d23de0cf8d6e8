"""Areas of interest."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.areas import AoiFeature, ChangeAoi, CreateAoi, DeleteAoi, GetAoi, GetAoiGpx, ListAois
from gateway.body import Body, Id, UserId
from gateway.commands import send
from gateway.paging import Boxed
from gateway.policy import Policy
from gateway.queries import answer, ask, ask_rows
from gateway.routing import Routes
from gateway.schema import FeaturesOf, Xml

routes = Routes("aois")
EXAMPLE = {
    "type": "Feature", "properties": {"dataset": None},
    "geometry": {"type": "Polygon", "coordinates": [
        [[85.51, 27.62], [85.52, 27.62], [85.52, 27.63], [85.51, 27.63], [85.51, 27.62]],
    ]},
}  # fmt: skip


class AoiMembers(Body):
    dataset: Id | None = None


class AoiBody(Body):
    """A GeoJSON Feature with a Polygon in EPSG:4326."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: AoiMembers | None = None

    @property
    def dataset(self) -> int | None:
        return self.properties.dataset if self.properties else None


class AoiPatch(Body):
    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any] | None = None
    properties: AoiMembers | None = None


class AoiFilters(Boxed):
    dataset: Id | None = None
    user: UserId | None = Field(None, description="OSM id")


@routes.post(
    "/aois/", Policy.AUTH, AoiFeature, status=201, sends=CreateAoi,
    refuses={403: "The dataset belongs to somebody else."},
)  # fmt: skip
async def create_aoi(request: Request, body: AoiBody) -> Response:
    return await send(request, CreateAoi(geometry=body.geometry, dataset=body.dataset))


@routes.get("/aois/{aoi_id}/", Policy.AUTH, AoiFeature)
async def get_aoi(request: Request, aoi_id: Id) -> Response:
    return await ask(request, GetAoi(aoi_id=aoi_id))


@routes.get("/aois/", Policy.AUTH, FeaturesOf[AoiFeature])
async def list_aois(request: Request, filters: Annotated[AoiFilters, Query()]) -> Response:
    return await ask_rows(request, ListAois, filters, geo=True)


@routes.put("/aois/{aoi_id}/", Policy.OWNER, AoiFeature, sends=ChangeAoi)
async def replace_aoi(request: Request, aoi_id: Id, body: AoiBody) -> Response:
    """Without the member `dataset` the AOI stays where it is; null takes it out."""
    named = body.properties is not None and "dataset" in body.properties.model_fields_set
    command = ChangeAoi(aoi_id=aoi_id, geometry=body.geometry, dataset=body.dataset, set_dataset=named)
    return await send(request, command)


@routes.patch("/aois/{aoi_id}/", Policy.OWNER, AoiFeature, sends=ChangeAoi)
async def change_aoi(request: Request, aoi_id: Id, body: AoiPatch) -> Response:
    members = body.properties or AoiMembers()
    named = "dataset" in members.model_fields_set
    command = ChangeAoi(aoi_id=aoi_id, geometry=body.geometry, dataset=members.dataset, set_dataset=named)
    return await send(request, command)


@routes.delete("/aois/{aoi_id}/", Policy.OWNER, sends=DeleteAoi)
async def delete_aoi(request: Request, aoi_id: Id) -> Response:
    return await send(request, DeleteAoi(aoi_id=aoi_id))


@routes.get("/aois/gpx/{aoi_id}/", Policy.AUTH, response_class=Xml)
async def aoi_as_gpx(request: Request, aoi_id: Id) -> Response:
    return await as_gpx(request, GetAoiGpx(aoi_id=aoi_id))


async def as_gpx(request: Request, query: GetAoiGpx) -> Response:
    text = orjson.loads(await answer(request, query))
    return Xml(text)
