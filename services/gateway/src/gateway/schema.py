"""What OpenAPI says of the routes: answers, problems, lists, who may ask."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from gateway.policy import SAFE, Policy, Rule

T = TypeVar("T")
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
OTHER_WORDS: dict[int | str, dict[str, Any]] = {"4XX": {
    "description": "Refused, in part with `error` or `message` only",
    "content": {**PROBLEM, "application/json": {"schema": {"type": "object"}}},
}}  # fmt: skip


class Xml(Response):
    media_type = "application/xml"


class GeoJson(JSONResponse):
    media_type = "application/geo+json"


def was_there(model: Any = None) -> dict[int | str, dict[str, Any]]:
    """200 of a creation."""
    return {200: {"description": "It was there", **({"model": model} if model is not None else {})}}


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


class ListOf(BaseModel, Generic[T]):
    count: int
    next: str | None
    previous: str | None
    results: list[T]


class Features(BaseModel, Generic[T]):
    type: Literal["FeatureCollection"]
    features: list[T]


class FeaturesOf(BaseModel, Generic[T]):
    count: int
    next: str | None
    previous: str | None
    results: Features[T]


class Pending(BaseModel):
    """The command is safe and will be judged; ask for it at `Location`."""

    id: str
    status: Literal["pending"]


def responses(rule: Rule, method: str, model: Any, status: int) -> dict[int | str, dict[str, Any]]:
    done: dict[str, Any] = {"description": "Done"} | ({"model": model} if model is not None else {})
    answers: dict[int | str, dict[str, Any]] = {status: done}
    if method != "GET" and rule.policy is not Policy.OPEN:
        answers.setdefault(202, {"description": "Accepted, not judged yet", "model": Pending})
    answers["4XX"] = {"description": "Refused", "content": PROBLEM}
    answers["5XX"] = {"description": "Not possible now", "content": PROBLEM}
    return answers


def security(rule: Rule, method: str) -> list[dict[str, list[str]]]:
    """Of an operation: nothing, a login that may be left out, or one that must be there."""
    if rule.policy is Policy.OPEN:
        return []
    free = rule.policy is Policy.ANON or (rule.policy is Policy.PUBLIC_READ and method in SAFE)
    return [*([{}] if free else []), {"bearer": []}]
