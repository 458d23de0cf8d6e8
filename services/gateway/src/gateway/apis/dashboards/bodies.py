"""Bodies of requests, read more strictly than elsewhere: what is stored has to come back unchanged."""

import asyncio
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gateway.http.checks import check_type
from gateway.http.inputs.strict_json import invalid, strict_json
from gateway.http.middleware import set_body_limit

M = TypeVar("M", bound=BaseModel)
IN_THREAD = 256 << 10
"""Bytes from which on a body is parsed in a thread."""


async def json_object(request: Request, most: int) -> dict[str, Any]:
    """Returns the body. Raises 422 unless it is an object, 413 for more than `most` bytes."""
    value = await _json(request, most)
    if not isinstance(value, dict):
        raise invalid("dict_type", "Input should be an object")
    return value


async def json_array(request: Request, most: int) -> list[Any]:
    """As `json_object`, for an array."""
    value = await _json(request, most)
    if not isinstance(value, list):
        raise invalid("list_type", "Input should be an array")
    return value


async def json_model(request: Request, model: type[M], most: int) -> M:
    """As `json_object`, for a body with the members of `model`."""
    try:
        return model.model_validate(await json_object(request, most))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from error


async def _json(request: Request, most: int) -> Any:
    try:
        check_type(request.headers)
    except HTTPException as error:
        raise invalid("media_type", str(error.detail)) from error
    set_body_limit(request, most)
    body = await request.body()
    if not body:
        raise invalid("missing", "Field required")
    return await asyncio.to_thread(strict_json, body) if len(body) > IN_THREAD else strict_json(body)


def body_of(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    """Returns the description of a body that a route reads by itself, for `openapi_extra`."""
    media = {"schema": schema, "examples": {"typical": {"value": example}}}
    return {"requestBody": {"required": True, "content": {"application/json": media}}}
