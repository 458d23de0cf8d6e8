"""What the operations of the OpenAPI document share: refusals, headers, ways to log in."""

from typing import Any

from gateway.commands import LONGEST_KEY
from gateway.problems import MEDIA
from gateway.schema import Problem
from kit.http import problem

Json = dict[str, Any]
NAMES = {
    400: "Invalid", 401: "Unauthenticated", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 413: "TooLarge",
    415: "NotJson", 422: "Unprocessable", 429: "TooMany", 502: "BadGateway", 503: "Unavailable",
}  # fmt: skip
WORDS = {
    400: "Something about the input is wrong; `error.details` maps fields to messages.",
    401: "Nobody is logged in, or the credentials are not valid (any more).",
    403: "Others may do this, the caller may not.",
    404: "There is no such thing, or the caller may not see it.",
    409: "The state of the thing does not allow it.",
    413: "The body is too large.",
    415: "The body does not call itself `application/json`.",
    422: "The `Idempotency-Key` was used with another body, or the STAC catalogue refused the outcome.",
    429: "The limit of requests is used up.",
    502: "A service outside of this platform failed.",
    503: "The bus, the database or a service is away for the moment, or took too long; nothing is half done. Where "
    "`reason` is `no_verdict`, a write may still be done within the time that `detail` tells.",
}
SECONDS = {"type": "integer", "minimum": 0}
HEADERS: dict[str, Json] = {
    "X-Request-ID": {"description": "Finds the log lines of all services", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds", "schema": SECONDS},
    "Location": {"description": "Where to go on", "schema": {"type": "string", "format": "uri-reference"}},
    "WWW-Authenticate": {"description": "How to log in", "schema": {"type": "string"}},
    "RateLimit-Limit": {"description": "Requests of the present window", "schema": SECONDS},
    "RateLimit-Remaining": {"description": "What is left of them", "schema": SECONDS},
    "RateLimit-Reset": {"description": "Seconds until the next window", "schema": SECONDS},
    "Idempotent-Replayed": {"description": "The answer is that of an earlier request with the same key",
                            "schema": {"const": "true"}},
}  # fmt: skip
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
ALWAYS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",), 302: ("Location",)}
"""Headers that never miss."""
KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "A write that is sent again with the same key and body has one effect and gets the first answer",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$", "minLength": 1, "maxLength": LONGEST_KEY},
}  # fmt: skip
LOGINS: dict[str, Json] = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
               "description": "A JWT of Hanko, a personal access token of the login portal, or the development token"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "hanko",
               "description": "A JWT of Hanko; writes must come from a page of the platform"},
    "access-token": {"type": "apiKey", "in": "header", "name": "access-token",
                     "description": "What `/auth/callback/` gave after a login at OpenStreetMap"},
}  # fmt: skip


def ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def header(name: str, status: int) -> Json:
    """Required headers cannot refer to the shared ones, which are optional."""
    return {**HEADERS[name], "required": True} if name in ALWAYS.get(status, ()) else ref("headers", name)


def components() -> dict[str, Json]:
    described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {
        "schemas": {**described.pop("$defs"), "Problem": described},
        "responses": {name: _refusal(status) for status, name in NAMES.items()},
        "headers": HEADERS, "parameters": {"IdempotencyKey": KEY}, "securitySchemes": LOGINS,
    }  # fmt: skip


def _refusal(status: int) -> Json:
    names = ["X-Request-ID", *ALWAYS.get(status, ()), *(RATE if status == 429 else ())]
    example = {**problem(status, "", "/api/v1/aois/9/"), "trace_id": "9f3c1e3b0a944c1f8fb2c0a2b6a5a4c1"}
    return {
        "description": WORDS[status], "headers": {name: header(name, status) for name in names},
        "content": {MEDIA: {"schema": ref("schemas", "Problem"), "example": example}},
    }  # fmt: skip
