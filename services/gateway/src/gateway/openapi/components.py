"""Shared parts of the OpenAPI document: errors, headers, authentication schemes."""

from typing import Any

from pydantic import BaseModel

from gateway.http.commands import LONGEST_KEY
from gateway.http.problems import MEDIA
from gateway.openapi.schemas import InvalidFields, Problem
from kit.http.problems import problem

Json = dict[str, Any]
NAMES = {
    400: "Invalid", 401: "Unauthenticated", 403: "Forbidden", 404: "NotFound", 409: "Conflict",
    412: "PreconditionFailed", 413: "TooLarge", 415: "NotJson", 422: "Unprocessable", 429: "TooMany", 502: "BadGateway",
    503: "Unavailable", 504: "TimedOut",
}  # fmt: skip
TEXTS = {
    400: "Invalid input; `error.details` maps fields to messages.",
    401: "Missing or invalid credentials.",
    403: "The caller is not allowed to do this.",
    404: "The resource does not exist, or the caller may not see it.",
    409: "The state of the resource does not allow it.",
    412: "`If-Match` names another state of the resource than the current one.",
    413: "The body is too large.",
    415: "The content type of the body is not `application/json`.",
    422: "The `Idempotency-Key` was used with another body, or the STAC catalogue refused the result.",
    429: "The rate limit is exhausted.",
    502: "An external service failed.",
    503: "The bus, the database or a service is not reachable or timed out; no change was made in part. If "
    "`reason` is `no_verdict`, a write may still be executed within the time that `detail` states.",
    504: "The request took longer than its route allows; its statement was cancelled.",
}
INVALID_FIELDS = "InvalidFields"
LISTED_TEXT = "Invalid input, listed in `detail`; or the `Idempotency-Key` was used with another body."
SECONDS = {"type": "integer", "minimum": 0}
HEADERS: dict[str, Json] = {
    "X-Request-ID": {"description": "Identifies the log lines of all services", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds", "schema": SECONDS},
    "Location": {"description": "Address of the resource or of the command's status",
                 "schema": {"type": "string", "format": "uri-reference"}},
    "WWW-Authenticate": {"description": "Authentication scheme", "schema": {"type": "string"}},
    "RateLimit-Limit": {"description": "Requests allowed in the current window", "schema": SECONDS},
    "RateLimit-Remaining": {"description": "Requests left in the current window", "schema": SECONDS},
    "RateLimit-Reset": {"description": "Seconds until the next window", "schema": SECONDS},
    "Idempotent-Replayed": {"description": "The response is that of an earlier request with the same key",
                            "schema": {"const": "true"}},
}  # fmt: skip
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
ALWAYS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",), 302: ("Location",)}
"""Headers that are always present."""
KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "A write that is repeated with the same key and body has one effect and gets the first response",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$", "minLength": 1, "maxLength": LONGEST_KEY},
}  # fmt: skip
LOGINS: dict[str, Json] = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
               "description": "A JWT of Hanko, a personal access token of the login portal, or the development token"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "hanko",
               "description": "A JWT of Hanko; writes must come from a page of the platform"},
    "access-token": {"type": "apiKey", "in": "header", "name": "access-token",
                     "description": "The token that `/auth/callback/` returned after a login at OpenStreetMap"},
    "label-key": {"type": "apiKey", "in": "header", "name": "Authentication-Key",
                  "description": "Public half of a key of the label store"},
    "label-secret": {"type": "apiKey", "in": "header", "name": "Authentication-Secret",
                     "description": "Secret half of a key of the label store"},
}  # fmt: skip


def ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def header(name: str, status: int) -> Json:
    """Required headers cannot refer to the shared ones, which are optional."""
    return {**HEADERS[name], "required": True} if name in ALWAYS.get(status, ()) else ref("headers", name)


def components() -> dict[str, Json]:
    return {
        "schemas": schemas_of(Problem, InvalidFields),
        "responses": {**{name: _of_house(status) for status, name in NAMES.items()}, INVALID_FIELDS: _invalid_fields()},
        "headers": HEADERS, "parameters": {"IdempotencyKey": KEY}, "securitySchemes": LOGINS,
    }  # fmt: skip


def schemas_of(*models: type[BaseModel]) -> Json:
    """Returns the schemas of the models and of their parts, by name."""
    found: Json = {}
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= {**schema.pop("$defs", {}), model.__name__: schema}
    return found


def _invalid_fields() -> Json:
    of_house = _of_house(422)
    listed = {"application/json": {"schema": ref("schemas", INVALID_FIELDS)}}
    return {**of_house, "description": LISTED_TEXT, "content": {**listed, **of_house["content"]}}


def _of_house(status: int) -> Json:
    example = {**problem(status, "", "/api/v1/aois/9/"), "trace_id": "9f3c1e3b0a944c1f8fb2c0a2b6a5a4c1"}
    return refusal(status, ref("schemas", "Problem"), example)


def refusal(status: int, schema: Json, example: Json | None) -> Json:
    """Returns the description of the errors of one status."""
    names = ["X-Request-ID", *ALWAYS.get(status, ()), *(RATE if status == 429 else ())]
    shown = {} if example is None else {"example": example}
    return {
        "description": TEXTS[status], "headers": {name: header(name, status) for name in names},
        "content": {MEDIA: {"schema": schema, **shown}},
    }  # fmt: skip
