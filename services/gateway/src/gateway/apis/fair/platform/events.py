"""Server-sent events about the caller's resources."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.apis.fair.dialect import FAIR
from gateway.http.inputs.event_streams import last_event_id, streamed
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.streaming.stream import frames
from gateway.streaming.topics import parse

routes = Routes("events", FAIR)
STREAM = {"description": "Server-sent events; `id` is the sequence number in the stream, `event` the wire name",
          "content": {"text/event-stream": {"schema": {"type": "string"}}}}  # fmt: skip
REFUSES = {400: "Last-Event-ID is not the id of an event, or a topic is none or one too many.",
           404: "There is a topic that the caller may not see."}  # fmt: skip


@routes.get("/events/", Policy.AUTH, responses={200: STREAM}, refuses=REFUSES)
async def listen(request: Request, topics: str = "") -> Response:
    context = request_context(request)
    after = last_event_id(request)
    return await streamed(frames(context.app.hub, context.app.bus, context.actor, after, parse(topics)))
