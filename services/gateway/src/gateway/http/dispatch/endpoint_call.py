"""From a request to the arguments of its endpoint.

FastAPI declares and documents the routes. Its own way to call an endpoint also serves dependencies, forms, streams and
response models, which no route of ours has, and costs a small request as much again as the rest of the gateway
(docs/decisions/0102).
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from email.message import Message
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import Any

from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Awaitable[Response]]
Values = tuple[dict[str, Any], list[Any]]
"""Arguments by name, and errors as FastAPI words them."""


def endpoint_call(route: APIRoute) -> Handler:
    """Returns what calls the endpoint. It raises RequestValidationError, in the order path, query, header, body, and
    HTTPException (400) for a body that cannot be parsed. Raises TypeError for a route that needs more of FastAPI."""
    _check(route)
    dependant, endpoint, body_field = route.dependant, route.endpoint, route.body_field

    async def call(request: Request) -> Response:
        values, errors = _path_values(route, request.scope["path_params"])
        if dependant.query_params:
            _add(request_params_to_args(dependant.query_params, request.query_params), values, errors)
        if dependant.header_params:
            _add(request_params_to_args(dependant.header_params, request.headers), values, errors)
        body = None
        if body_field is not None:
            body = await _body(request)
            found = await request_body_to_args(dependant.body_params, body, embed_body_fields=route._embed_body_fields)
            _add(found, values, errors)
        if errors:
            raise RequestValidationError(errors, body=body)
        if dependant.request_param_name:
            values[dependant.request_param_name] = request
        return await endpoint(**values)

    return call


def _check(route: APIRoute) -> None:
    dependant = route.dependant
    more = (
        dependant.dependencies, dependant.cookie_params, route.response_field,
        dependant.background_tasks_param_name, dependant.response_param_name, dependant.http_connection_param_name,
    )  # fmt: skip
    is_form = route.body_field is not None and isinstance(route.body_field.field_info, Form)
    if any(more) or is_form or not iscoroutinefunction(route.endpoint):
        raise TypeError(
            f"{route.path}: an endpoint is a coroutine that takes path, query, headers, one body and the request."
        )


def _path_values(route: APIRoute, given: Mapping[str, Any]) -> Values:
    values: dict[str, Any] = {}
    errors: list[Any] = []
    for field in route.dependant.path_params:
        value, wrong = field.validate(given[field.alias], values, loc=("path", field.alias))
        if wrong:
            errors += wrong
        else:
            values[field.name] = value
    return values, errors


def _add(found: Values, values: dict[str, Any], errors: list[Any]) -> None:
    values.update(found[0])
    errors += found[1]


async def _body(request: Request) -> Any:
    """Returns the parsed JSON, or the bytes of a body of another type, which a model then refuses."""
    try:
        content = await request.body()
        return (
            await request.json() if content and _is_json(request.headers.get("content-type", "")) else content or None
        )
    except json.JSONDecodeError as error:
        raise RequestValidationError([_no_json(error)], body=error.doc) from error
    except HTTPException:
        raise
    except Exception as error:
        raise HTTPException(400, "There was an error parsing the body") from error


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def _no_json(error: json.JSONDecodeError) -> dict[str, Any]:
    place = ("body", error.pos)
    return {"type": "json_invalid", "loc": place, "msg": "JSON decode error", "input": {}, "ctx": {"error": error.msg}}
