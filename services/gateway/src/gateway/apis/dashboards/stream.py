"""Channels as they are recorded: server-sent events."""

import asyncio
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify.channels import Channel, FindChannel
from gateway.apis.dashboards.dialect import DASHBOARDS, SCOPE
from gateway.apis.dashboards.owner_calls import answer
from gateway.http.inputs.event_streams import last_event_id, streamed
from gateway.http.limits.throttle import network
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.streaming.sample_stream import StreamRequest, sample_frames

routes = Routes("channels", DASHBOARDS)
MAX_CHANNELS = 20
"""Of one stream."""
STREAM = {"description": "Server-sent events. `samples` has the samples of one message in `data.samples`; `position` "
                         "tells where the stream begins; `resync` asks the page to read its curves again. `id` is for "
                         "`Last-Event-ID`.",
          "content": {"text/event-stream": {"schema": {"type": "string"}}}}  # fmt: skip
REFUSES = {400: "Last-Event-ID is not the id of an event.", 404: "There is a channel that does not exist."}
Names = Annotated[
    list[str], Query(min_length=1, max_length=MAX_CHANNELS, description="Names, or series ids.", examples=["42/loss"])
]
Backend = Annotated[str | None, Query(description="Whose channels are meant.", examples=["training"])]


@routes.get("/channels/stream", Policy.ANON, scope=SCOPE, responses={200: STREAM}, refuses=REFUSES)
async def watch_channels(request: Request, channel_name: Names, backend: Backend = None) -> Response:
    """Sends samples of channels as they are recorded."""
    context, after = request_context(request), last_event_id(request)
    channels = await asyncio.gather(*(_channel(request, name, backend) for name in channel_name))
    app, actor = context.app, context.actor
    key = network(request) if actor.is_anonymous else f"user:{actor.id}"
    settings = app.settings
    wanted = StreamRequest(key, frozenset(channels), settings.channel_streams, after, settings.channel_default_backend)
    return await streamed(sample_frames(app.hub.samples, app.bus, wanted))


async def _channel(request: Request, name: str, backend: str | None) -> tuple[str, str, str]:
    found = Channel.model_validate_json(await answer(request, FindChannel(channel_name=name, backend=backend)))
    return found.backend, found.name, found.type
