"""Every failure becomes the same body: an RFC 9457 problem with `error` and `trace_id`."""

import logging
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.verdict import Refused
from kit.db import TRANSIENT
from kit.errors import DomainError, Unavailable
from kit.geometry import InvalidGeometry
from kit.http import problem, problem_of

log = logging.getLogger("gateway.http")
MEDIA = "application/problem+json"
RETRY_AFTER = "2"
GEOMETRIES = frozenset({"geometry", "geom"})
Error = dict[str, Any]


def register(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, on_domain_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(TimeoutError, on_deadline)
    for error in TRANSIENT:
        app.add_exception_handler(error, on_database_down)


def answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    headers = dict(headers or {})
    if status == 503:
        headers.setdefault("retry-after", RETRY_AFTER)
    if status == 401:
        headers.setdefault("www-authenticate", "Bearer")
    return Response(orjson.dumps(body), status, headers, MEDIA)


def refusal(refused: Refused, instance: str) -> Response:
    """`retry_after` and `headers` among the facts become headers."""
    facts = dict(refused.facts)
    headers = facts.pop("headers", {})
    if "retry_after" in facts:
        headers = {**headers, "retry-after": str(facts["retry_after"])}
    status, body = problem_of(refused.model_copy(update={"facts": facts}), instance)
    return answer(status, body, headers)


async def on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return refusal(error.refused(), request.url.path)


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["allow"] = ", ".join(sorted(_methods(request)))
    detail = "" if error.detail in ("Not Found", "Method Not Allowed") else str(error.detail)
    return answer(error.status_code, problem(error.status_code, detail, request.url.path), headers)


def _methods(request: Request) -> set[str]:
    """Of all routes at this path; the router only knows of the first."""
    routes = (route for route in request.app.routes if route.path_regex.match(request.url.path))
    return {method for route in routes for method in route.methods}


async def on_deadline(request: Request, error: Exception) -> Response:
    return refusal(Unavailable("deadline", "This took too long, try again.").refused(), request.url.path)


async def on_database_down(request: Request, error: Exception) -> Response:
    log.warning("database.unreachable", extra={"facts": {"reason": repr(error)}})
    return refusal(Unavailable("database_unavailable", "The database is not reachable, try again.").refused(),
                   request.url.path)  # fmt: skip


async def on_invalid(request: Request, error: Exception) -> Response:
    """400 with a map of fields, as the old clients know it; an id in the path that cannot be one is 404."""
    assert isinstance(error, RequestValidationError)
    if any(e["loc"][0] == "path" for e in error.errors()):
        return answer(404, problem(404, "", request.url.path))
    errors, fields = error.errors(), field_map(error.errors())
    if all(_is_bad_geometry(one) for one in errors):
        field = next(iter(fields))
        return refusal(InvalidGeometry(field, error.body[field], fields[field][0]).refused(), request.url.path)
    return answer(400, problem(400, "Invalid request data", request.url.path, details=fields))


def _is_bad_geometry(error: Any) -> bool:
    """Of a geometry that is there."""
    place = _place(error)
    is_geometry = error["loc"][0] == "body" and place[:1] and place[0] in GEOMETRIES
    return bool(is_geometry and (place[1:] or error["type"] != "missing"))


def _place(error: Any) -> list[str]:
    """Names from the top of the body down, without those of a union's members, which stand in parentheses."""
    if error["type"] == "json_invalid":
        return []
    return [str(part) for part in error["loc"][1:] if not str(part).startswith("(")]


def field_map(errors: Any) -> dict[str, list[str]]:
    """Top-level field → messages, nested places in front of the message; `non_field_errors` for the body as a whole."""
    fields: dict[str, list[str]] = {}
    for error in errors:
        place = _place(error)
        message = error["msg"].removeprefix("Value error, ")
        nested = ".".join(place[1:])
        fields.setdefault(place[0] if place else "non_field_errors", []).append(
            f"{nested}: {message}" if nested else message
        )
    return fields
