"""Schemas that several routes share: problems, lists, features, pending commands."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

T = TypeVar("T")
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
WORDS = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1, "maxProperties": 1,
         "propertyNames": {"enum": ["error", "message"]}}  # fmt: skip
OTHER_WORDS: dict[int | str, dict[str, Any]] = {400: {
    "description": "Invalid request; some errors have only `error` or `message`, which older pages read",
    "content": {**PROBLEM, "application/json": {"schema": WORDS}},
}}  # fmt: skip


class Xml(Response):
    media_type = "application/xml"


class GeoJson(JSONResponse):
    media_type = "application/geo+json"


def existing_response(model: Any = None) -> dict[int | str, dict[str, Any]]:
    """The 200 response of a creation."""
    return {200: {"description": "It existed already", **({"model": model} if model is not None else {})}}


class ProblemError(BaseModel):
    code: str
    message: str
    details: dict[str, Any]


class Problem(BaseModel):
    """RFC 9457, with `error` for clients that know fAIr's envelope."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "type": "urn:fairway:problem:resource_not_found", "title": "Resource not found", "status": 404,
        "detail": "Resource not found", "instance": "/api/v1/aois/9/", "trace_id": "9f3c1e3b0a944c1f8fb2c0a2b6a5a4c1",
        "error": {"code": "RESOURCE_NOT_FOUND", "message": "Resource not found", "details": {"reason": "not_found"}},
    }]})  # fmt: skip

    type: str
    title: str
    status: int
    detail: str
    instance: str
    error: ProblemError
    trace_id: str


class InvalidField(BaseModel):
    """`loc`: where the value is, from `body`, `query` or `path` down; `type`: the rule that it breaks."""

    loc: list[str | int]
    msg: str
    type: str


class InvalidFields(BaseModel):
    """A problem whose `detail` lists all fields that are wrong."""

    detail: list[InvalidField]
    type: str
    title: str
    status: int
    instance: str
    error: ProblemError
    trace_id: str


class ListOf(BaseModel, Generic[T]):
    count: int
    next: str | None
    previous: str | None
    results: list[T]


class Feature(BaseModel):
    """GeoJSON, EPSG:4326."""

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: dict[str, Any]


class Features(BaseModel, Generic[T]):
    type: Literal["FeatureCollection"]
    features: list[T]


class FeaturesOf(BaseModel, Generic[T]):
    count: int
    next: str | None
    previous: str | None
    results: Features[T]


class Said(BaseModel):
    detail: str


class Message(BaseModel):
    message: str


class Pending(BaseModel):
    """The command is stored and will be decided; request its status at `Location`."""

    id: str
    status: Literal["pending"]
