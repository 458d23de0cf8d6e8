"""Server-sent events about the caller's resources."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.apis.fair.dialect import FAIR
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.streaming.stream import frames
from gateway.streaming.topics import parse
from kit.errors import Invalid

routes = Routes("events", FAIR)
MAX_EVENT_ID_DIGITS = 18
"""Sequence numbers of the bus have 64 bits."""
HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
STREAM = {"description": "Server-sent events; `id` is the sequence number in the stream, `event` the wire name",
          "content": {"text/event-stream": {"schema": {"type": "string"}}}}  # fmt: skip
REFUSES = {400: "Last-Event-ID is not the id of an event, or a topic is none or one too many.",
           404: "There is a topic that the caller may not see."}  # fmt: skip


@routes.get("/events/", Policy.AUTH, responses={200: STREAM}, refuses=REFUSES)
async def listen(request: Request, topics: str = "") -> Response:
    context = request_context(request)
    after = _last_event_id(request.headers.get("last-event-id", ""))
    stream = frames(context.app.hub, context.app.bus, context.actor, after, parse(topics))
    first = await anext(stream)
    return StreamingResponse(_rest(first, stream), headers=HEADERS, media_type="text/event-stream")


def _last_event_id(text: str) -> int | None:
    """Returns None without an id. Raises Invalid for an id that no event can have."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_EVENT_ID_DIGITS):
        raise Invalid("bad_last_event_id", "Invalid Last-Event-ID", **{"Last-Event-ID": ["must be the id of an event"]})
    return int(text)


async def _rest(first: bytes, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first frame was taken before the response began, so that a refusal is still an ordinary problem."""
    yield first
    async for frame in stream:
        yield frame
