"""Lists that their owner answers in slices: the next one is asked when the one before has been sent."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.base import Query
from gateway.http.queries import JSON, answer


async def ask_slices(
    request: Request, query: Query, key: str, wait: float | None = None, full: int | None = None
) -> Response:  # fmt: skip
    """Returns all rows as one array. `query` has an `after`, the value that the last row of the slice before has under
    `key`; the end is an empty slice, or one of less than `full` rows where the owner fills all others. A list of more
    than one slice is streamed, and breaks off when its owner goes away."""
    slices = _slices(request, query, key, wait, full)
    first, second = await anext(slices, b""), await anext(slices, b"")
    if not second:
        return Response(b"[" + first + b"]", media_type=JSON)
    return StreamingResponse(_array(first, second, slices), media_type=JSON)


async def _slices(
    request: Request, query: Query, key: str, wait: float | None, full: int | None
) -> AsyncIterator[bytes]:  # fmt: skip
    """Yields rows as JSON, separated by commas."""
    while rows := orjson.loads(await answer(request, query, wait)):
        yield _members(rows)
        if full is not None and len(rows) < full:
            break
        query = query.model_copy(update={"after": rows[-1][key]})


def _members(rows: list[Any]) -> bytes:
    return orjson.dumps(rows)[1:-1]


async def _array(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b"[" + first + b"," + second
    async for rows in rest:
        yield b"," + rows
    yield b"]"
