"""What happens to the caller's things, while it happens."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.call import call_of
from gateway.policy import Policy
from gateway.routing import Routes
from gateway.sse.stream import frames

routes = Routes("events")
HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
STREAM = {"description": "Server-sent events; `id` is the place in the stream, `event` the wire name of the message",
          "content": {"text/event-stream": {"schema": {"type": "string"}}}}  # fmt: skip


@routes.get("/events/", Policy.AUTH, responses={200: STREAM})
async def listen(request: Request) -> Response:
    call = call_of(request)
    after = request.headers.get("last-event-id", "")
    stream = frames(call.door.hub, call.door.bus, call.actor.id, int(after) if after.isdigit() else None)
    first = await anext(stream)
    return StreamingResponse(_rest(first, stream), headers=HEADERS, media_type="text/event-stream")


async def _rest(first: bytes, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first frame was taken before the answer began, so that a refusal is still an ordinary problem."""
    yield first
    async for frame in stream:
        yield frame
