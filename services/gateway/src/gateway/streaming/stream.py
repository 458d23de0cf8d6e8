"""One event stream: first the missed events, then new ones, until it ends."""

import asyncio
import time
from collections.abc import AsyncIterator

from gateway.streaming.frames import (
    KEEP_ALIVE,
    RESYNC,
    SseEvent,
    retry,
)
from gateway.streaming.hub import Hub, Subscriber
from gateway.streaming.replay import replay_since
from kit.messaging.bus import Bus

PAUSE = 15.0
MAX_AGE = 1800.0


async def frames(hub: Hub, bus: Bus, user_id: int, after: int | None) -> AsyncIterator[bytes]:
    """Subscribes before it replays, so that no event is missed; an event that arrives both ways is sent once."""
    with hub.subscribe(user_id) as subscriber:
        yield retry()
        seen = after or 0
        if after is not None:
            past = await replay_since(bus, user_id, after)
            if past is None:
                yield RESYNC
            for item in past or ():
                seen = item.sequence or seen
                yield item.frame
        async for frame in _current(subscriber, seen):
            yield frame


async def _current(subscriber: Subscriber, seen: int) -> AsyncIterator[bytes]:
    until = time.monotonic() + MAX_AGE
    while (left := until - time.monotonic()) > 0:
        try:
            item = await asyncio.wait_for(subscriber.queue.get(), min(PAUSE, left))
        except TimeoutError:
            yield KEEP_ALIVE
            continue
        if item is None:
            break
        if _is_new(item, seen):
            yield item.frame
    if subscriber.lost:
        yield RESYNC


def _is_new(item: SseEvent, seen: int) -> bool:
    return item.sequence is None or item.sequence > seen
