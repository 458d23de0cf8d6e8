"""Labels: what is on the ground of an AOI, drawn, uploaded, or fetched from OpenStreetMap."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AfterValidator, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import labels as c
from contracts.catalog.areas import AoiFeature
from contracts.catalog.datasets import GeometryType
from gateway.api.datasets import LabelClassBody
from gateway.body import Body, Id
from gateway.commands import send
from gateway.paging import Boxed
from gateway.policy import Policy
from gateway.queries import ask, ask_rows
from gateway.routing import Routes
from gateway.schema import FeaturesOf, was_there
from gateway.uploads import BadUpload, features_of, send_parts
from kit.errors import Invalid

routes = Routes("labels")
DEEPEST = 24
EXAMPLE = {
    "type": "Feature", "properties": {"aoi": 12, "osm_id": None, "tags": {"building": "yes"}},
    "geometry": {"type": "Polygon", "coordinates": [
        [[85.511, 27.621], [85.512, 27.621], [85.512, 27.622], [85.511, 27.622], [85.511, 27.621]],
    ]},
}  # fmt: skip
UPLOAD = {
    "requestBody": {"required": True, "content": {
        "application/json": {"schema": {"type": "object", "description": "GeoJSON FeatureCollection"}},
        "multipart/form-data": {"schema": {
            "type": "object", "required": ["geojson_file"],
            "properties": {"geojson_file": {"type": "string", "format": "binary"}},
        }},
    }}
}  # fmt: skip


def tile_of(text: str) -> c.Tile:
    """z/x/y; ValueError when there is no such tile."""
    try:
        z, x, y = (int(part) for part in text.split("/"))
    except ValueError:
        raise ValueError("must be z/x/y") from None
    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise ValueError(f"there is no such tile; z goes from 0 to {DEEPEST}")
    return z, x, y


def _tile_text(text: str | None) -> str | None:
    if text is not None:
        tile_of(text)
    return text


class LabelFilters(Boxed):
    aoi: Id | None = None
    aoi__dataset: Id | None = None
    tile: Annotated[str | None, AfterValidator(_tile_text)] = Field(
        None, max_length=40, description="z/x/y", examples=["19/386697/220243"]
    )

    def fields(self) -> dict[str, Any]:
        return {"aoi": self.aoi, "dataset": self.aoi__dataset, "tile": tile_of(self.tile) if self.tile else None}


class LabelMembers(Body):
    aoi: Id
    osm_id: int | None = None
    tags: dict[str, Any] | None = None


class LabelBody(Body):
    """A GeoJSON Feature of any geometry in EPSG:4326."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: LabelMembers


class LabelPatchMembers(Body):
    aoi: Id | None = None
    osm_id: int | None = None
    tags: dict[str, Any] | None = None


class LabelPatch(Body):
    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any] | None = None
    properties: LabelPatchMembers = LabelPatchMembers()


class FetchBody(Body):
    """Which features of OpenStreetMap; buildings unless said otherwise."""

    label_classes: list[LabelClassBody] = Field(
        default=[LabelClassBody(name="building", classes=["*"])], min_length=1, max_length=50
    )
    geometry_type: GeometryType = "polygon"


@routes.get("/labels/", Policy.PUBLIC_READ, FeaturesOf[c.LabelFeature])
async def list_labels(request: Request, filters: Annotated[LabelFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListLabels, filters, geo=True)


@routes.post(
    "/labels/", Policy.OWNER, c.LabelFeature, status=201, responses=was_there(c.LabelFeature), sends=c.CreateLabel,
    refuses={404: "There is no such area."},
)  # fmt: skip
async def create_label(request: Request, body: LabelBody) -> Response:
    """200 when the AOI has a label of this very shape: it gets the new members."""
    members = body.properties
    command = c.CreateLabel(aoi_id=members.aoi, geometry=body.geometry, osm_id=members.osm_id, tags=members.tags)
    return await send(request, command)


@routes.get("/labels/{label_id}/", Policy.PUBLIC_READ, c.LabelFeature)
async def get_label(request: Request, label_id: Id) -> Response:
    return await ask(request, c.GetLabel(label_id=label_id))


@routes.put("/labels/{label_id}/", Policy.OWNER, c.LabelFeature, sends=c.ChangeLabel)
async def replace_label(request: Request, label_id: Id, body: LabelBody) -> Response:
    members = body.properties
    command = c.ChangeLabel(
        label_id=label_id, given=["aoi_id", "geometry", "osm_id", "tags"], aoi_id=members.aoi, geometry=body.geometry,
        osm_id=members.osm_id, tags=members.tags,
    )  # fmt: skip
    return await send(request, command)


@routes.patch("/labels/{label_id}/", Policy.OWNER, c.LabelFeature, sends=c.ChangeLabel)
async def change_label(request: Request, label_id: Id, body: LabelPatch) -> Response:
    given: dict[str, Any] = body.properties.model_dump(exclude_unset=True)
    if "aoi" in given:
        given["aoi_id"] = given.pop("aoi")
    if body.geometry is not None:
        given["geometry"] = body.geometry
    return await send(request, c.ChangeLabel.model_validate({"label_id": label_id, "given": sorted(given)} | given))


@routes.delete("/labels/{label_id}/", Policy.OWNER, sends=c.DeleteLabel)
async def delete_label(request: Request, label_id: Id) -> Response:
    return await send(request, c.DeleteLabel(label_id=label_id))


@routes.post("/labels/osm/fetch/{aoi_id}/", Policy.OWNER, AoiFeature, status=202, sends=c.FetchLabels)
async def fetch_labels(request: Request, aoi_id: Id, body: FetchBody | None = None) -> Response:
    """Replaces the labels of the AOI. `label_status` of the AOI tells how far it is, `label_error` why it failed."""
    wanted = (body or FetchBody()).model_dump()
    return await send(request, c.FetchLabels(aoi_id=aoi_id, **wanted))


@routes.post(
    "/labels/upload/{aoi_id}/", Policy.OWNER, AoiFeature, status=202, openapi_extra=UPLOAD, sends=c.UploadLabels,
    refuses={409: "Labels are being fetched; try again when that is done."},
)  # fmt: skip
async def upload_labels(request: Request, aoi_id: Id) -> Response:
    """Adds the features of a GeoJSON file, sent as it is or as the form field `geojson_file`."""
    try:
        return await send_parts(request, aoi_id, await features_of(request))
    except BadUpload as problem:
        raise Invalid("bad_upload", str(problem), geojson_file=[str(problem)]) from problem
