"""Streams that begin after the last event that a page had."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kit.errors import Invalid

MAX_DIGITS = 18
"""Sequence numbers of the bus have 64 bits."""
HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


def last_event_id(request: Request) -> int | None:
    """Returns the sequence number that the page had last; None without one. Raises Invalid for an id that no event can
    have."""
    text = request.headers.get("last-event-id", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise Invalid("bad_last_event_id", "Invalid Last-Event-ID", **{"Last-Event-ID": ["must be the id of an event"]})
    return int(text)


async def streamed(frames: AsyncIterator[bytes]) -> Response:
    """Returns the response that sends the frames. The first is taken before the response begins, so that a refusal is
    still an ordinary problem."""
    first = await anext(frames)
    return StreamingResponse(_rest(first, frames), headers=HEADERS, media_type="text/event-stream")


async def _rest(first: bytes, frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for frame in frames:
        yield frame
