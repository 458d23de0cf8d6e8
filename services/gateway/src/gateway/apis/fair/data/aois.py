"""Areas of interest."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.areas import AoiFeature, ChangeAoi, CreateAoi, DeleteAoi, GetAoi, GetAoiGpx, ListAois
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, UserId
from gateway.http.pagination import Boxed
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows, ask_xml
from gateway.http.routing import Routes
from gateway.openapi.schemas import FeaturesOf, Xml

routes = Routes("aois", FAIR)
EXAMPLE = {
    "type": "Feature", "properties": {"dataset": None},
    "geometry": {"type": "Polygon", "coordinates": [
        [[85.51, 27.62], [85.52, 27.62], [85.52, 27.63], [85.51, 27.63], [85.51, 27.62]],
    ]},
}  # fmt: skip


BARE = ("Polygon", "MultiPolygon", "LineString", "MultiLineString", "GeometryCollection")


class AoiMembers(Body):
    dataset: Id | None = None


def _as_feature(drawn: Any) -> Any:
    """Wraps a bare geometry or a FeatureCollection of one into a Feature; the owner counts its polygons."""
    if not isinstance(drawn, dict) or drawn.get("type") not in ("FeatureCollection", *BARE):
        return drawn
    features = drawn.get("features")
    if isinstance(features, list) and len(features) == 1:
        return features[0]
    return {"type": "Feature", "geometry": drawn, "properties": {"dataset": drawn.get("dataset")}}


class AoiBody(Body):
    """A GeoJSON Feature with one polygon in EPSG:4326. The polygon may also be a MultiPolygon of one part, a closed
    LineString, a GeometryCollection of one, a bare geometry or a FeatureCollection of one Feature. A polygon that
    crosses the antimeridian is stored as a MultiPolygon that is cut there."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: AoiMembers | None = None

    @property
    def dataset(self) -> int | None:
        return self.properties.dataset if self.properties else None

    @model_validator(mode="before")
    @classmethod
    def _any_wrapping(cls, drawn: Any) -> Any:
        return _as_feature(drawn)


class AoiPatch(Body):
    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any] | None = None
    properties: AoiMembers | None = None

    @model_validator(mode="before")
    @classmethod
    def _any_wrapping(cls, drawn: Any) -> Any:
        return _as_feature(drawn)


class AoiFilters(Boxed):
    dataset: Id | None = None
    user: UserId | None = Field(None, description="OSM id")


@routes.post(
    "/aois/", Policy.AUTH, AoiFeature, status=201, body=None, sends=CreateAoi,
    refuses={403: "The dataset belongs to another user."},
)  # fmt: skip
async def create_aoi(request: Request, body: AoiBody) -> Response:
    return await send(request, CreateAoi(geometry=body.geometry, dataset=body.dataset))


@routes.get("/aois/{aoi_id}/", Policy.AUTH, AoiFeature)
async def get_aoi(request: Request, aoi_id: Id) -> Response:
    return await ask(request, GetAoi(aoi_id=aoi_id))


@routes.get("/aois/", Policy.AUTH, FeaturesOf[AoiFeature])
async def list_aois(request: Request, filters: Annotated[AoiFilters, Query()]) -> Response:
    return await ask_rows(request, ListAois, filters, geo=True)


@routes.put("/aois/{aoi_id}/", Policy.OWNER, AoiFeature, body=None, sends=ChangeAoi)
async def replace_aoi(request: Request, aoi_id: Id, body: AoiBody) -> Response:
    """Without the member `dataset` the AOI keeps its dataset; null removes it from the dataset."""
    named = body.properties is not None and "dataset" in body.properties.model_fields_set
    command = ChangeAoi(aoi_id=aoi_id, geometry=body.geometry, dataset=body.dataset, set_dataset=named)
    return await send(request, command)


@routes.patch("/aois/{aoi_id}/", Policy.OWNER, AoiFeature, body=None, sends=ChangeAoi)
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
    return await ask_xml(request, GetAoiGpx(aoi_id=aoi_id))
