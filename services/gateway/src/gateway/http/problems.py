"""Turns every error into the same body: an RFC 9457 problem with `error` and `trace_id`."""

import logging
from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.verdict import Refused
from gateway.http.dialect import Dialect, dialect_of
from geo.invalid_geometry import InvalidGeometry
from kit.errors import DomainError, Unavailable
from kit.http.problems import problem, problem_of
from kit.outages import DATABASE, is_database_away

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
    for error in (*DATABASE, DBAPIError):
        app.add_exception_handler(error, on_database_error)


def answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    headers = dict(headers or {})
    if status == 503:
        headers.setdefault("retry-after", RETRY_AFTER)
    return Response(orjson.dumps(body), status, headers, MEDIA)


def refusal(refused: Refused, instance: str) -> Response:
    """`retry_after` and `headers` among the facts of the refusal become headers."""
    facts = dict(refused.facts)
    headers = facts.pop("headers", {})
    if "retry_after" in facts:
        headers = {**headers, "retry-after": str(facts["retry_after"])}
    status, body = problem_of(refused.model_copy(update={"facts": facts}), instance)
    return answer(status, body, headers)


def as_dialect(request: Request, response: Response) -> Response:
    """Gives a problem of the house the status and the body of the dialect of its route."""
    dialect = dialect_of(request)
    if response.status_code == 403:
        response.status_code = dialect.forbidden_status
    if response.status_code == 401:
        response.headers.setdefault("www-authenticate", "Bearer")
    if dialect.error_body is not None:
        response.body = orjson.dumps(dialect.error_body(response.status_code, orjson.loads(response.body)))
        response.headers["content-length"] = str(len(response.body))
    return response


async def on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return as_dialect(request, refusal(error.refused(), request.url.path))


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["allow"] = ", ".join(sorted(_methods(request)))
    detail = "" if error.detail in ("Not Found", "Method Not Allowed") else str(error.detail)
    response = answer(error.status_code, problem(error.status_code, detail, request.url.path), headers)
    return as_dialect(request, response)


def _methods(request: Request) -> set[str]:
    """Returns the methods of all routes at this path; the router reports those of the first only."""
    routes = (route for route in request.app.routes if route.path_regex.match(request.url.path))
    return {method for route in routes for method in route.methods}


async def on_deadline(request: Request, error: Exception) -> Response:
    status = dialect_of(request).deadline_status
    other = {} if status == 503 else {"http": status}
    refused = Unavailable("deadline", "The request timed out, try again.", **other).refused()
    return as_dialect(request, refusal(refused, request.url.path))


async def on_database_error(request: Request, error: Exception) -> Response:
    """Also of a table that a migration holds: who waits for it too long may try again."""
    if not is_database_away(error):
        raise error
    log.warning("database.unreachable", extra={"fields": {"reason": repr(error)}})
    refused = Unavailable("database_unavailable", "The database is not reachable, try again.").refused()
    return as_dialect(request, refusal(refused, request.url.path))


async def on_invalid(request: Request, error: Exception) -> Response:
    """Returns what the dialect of the route says of invalid input and of an id in the path that no row can have."""
    assert isinstance(error, RequestValidationError)
    dialect = dialect_of(request)
    if dialect.invalid_body is not None and not _names_no_row(error):
        body = orjson.dumps(dialect.invalid_body(error.errors(), request.url.path))
        return Response(body, dialect.invalid_status, media_type=dialect.invalid_media)
    return as_dialect(request, _invalid(request, error, dialect))


def _names_no_row(error: RequestValidationError) -> bool:
    return any(one["loc"][0] == "path" for one in error.errors())


def _invalid(request: Request, error: RequestValidationError, dialect: Dialect) -> Response:
    if _names_no_row(error):
        return answer(dialect.unknown_id_status, problem(dialect.unknown_id_status, "", request.url.path))
    errors, fields = error.errors(), field_map(error.errors())
    if all(_is_bad_geometry(one) for one in errors):
        field = next(iter(fields))
        return refusal(
            InvalidGeometry(field, error.body.get(field, error.body.get("geom")), fields[field][0]).refused(),
            request.url.path,
        )
    body = problem(dialect.invalid_status, "Invalid request data", request.url.path, details=fields)
    return answer(dialect.invalid_status, body)


def _is_bad_geometry(error: Any) -> bool:
    """Returns whether the error is about a geometry that was sent."""
    path = _field_path(error)
    is_geometry = error["loc"][0] == "body" and path[:1] and path[0] in GEOMETRIES
    return bool(is_geometry and (path[1:] or error["type"] != "missing"))


def _field_path(error: Any) -> list[str]:
    """Returns field names from the top of the body down, without those of union members, which are in parentheses."""
    if error["type"] == "json_invalid":
        return []
    return [str(part) for part in error["loc"][1:] if not str(part).startswith("(")]


def listed_errors(errors: Sequence[Any], path: str) -> Error:
    """Returns a problem whose `detail` lists the errors, for dialects whose clients read it so."""
    found = [{"loc": list(error["loc"]), "msg": error["msg"], "type": error["type"]} for error in errors]
    return {**problem(422, "", path), "detail": found}


def field_map(errors: Any) -> dict[str, list[str]]:
    """Returns top-level field → messages, with nested fields before the message; `non_field_errors` for the body as a
    whole."""
    fields: dict[str, list[str]] = {}
    for error in errors:
        path = _field_path(error)
        message = error["msg"].removeprefix("Value error, ")
        nested = ".".join(path[1:])
        fields.setdefault(path[0] if path else "non_field_errors", []).append(
            f"{nested}: {message}" if nested else message
        )
    return fields
