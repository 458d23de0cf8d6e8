"""Converts replies of owners to the responses of v1."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.responses import Response

from gateway.http.queries import JSON

Row = dict[str, Any]
Shaped = Row | str
Shape = Callable[[Row], Shaped | Awaitable[Shaped]]


async def to_v1(response: Response, shape: Shape, status: int | None = None) -> Response:
    """Converts one row. Refusals, 202 of a pending command, and empty responses pass through."""
    if response.media_type != JSON or not response.body or "location" in response.headers:
        return response
    return _with(response, await _shaped(shape, orjson.loads(response.body)), status)


async def page_to_v1(response: Response, shape: Shape) -> Response:
    """Converts one page; a FeatureCollection stays one."""
    body = orjson.loads(response.body)
    results = body["results"]
    if isinstance(results, dict):
        results["features"] = await _all_shaped(shape, results["features"])
    else:
        body["results"] = await _all_shaped(shape, results)
    return _with(response, body)


async def _all_shaped(shape: Shape, rows: list[Row]) -> list[Shaped]:
    return list(await asyncio.gather(*(_shaped(shape, row) for row in rows)))


async def _shaped(shape: Shape, row: Row) -> Shaped:
    shaped = shape(row)
    return await shaped if inspect.isawaitable(shaped) else shaped


def _with(response: Response, body: Any, status: int | None = None) -> Response:
    response.body = orjson.dumps(body)
    response.headers["content-length"] = str(len(response.body))
    response.status_code = status or response.status_code
    return response
