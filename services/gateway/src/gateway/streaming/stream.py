"""One event stream: first the missed events, then new ones, until it ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from contracts.shared import Actor
from gateway.streaming.frames import (
    KEEP_ALIVE,
    RESYNC,
    SseEvent,
    retry,
    topic_ended,
)
from gateway.streaming.hub import Hub
from gateway.streaming.replay import replay_since
from gateway.streaming.subscriber import Subscriber
from gateway.streaming.topics import check, may_see
from kit.errors import Unavailable
from kit.messaging.bus import Bus

PAUSE = 15.0
MAX_AGE = 1800.0


async def frames(
    hub: Hub, bus: Bus, actor: Actor, after: int | None, topics: frozenset[str] = frozenset()
) -> AsyncIterator[bytes]:
    """Subscribes before it replays and before it checks the topics, so that no event and no change of access is missed;
    an event that arrives both ways is sent once. Raises NotFound for a topic that the actor may not see."""
    with hub.subscribe(actor.id, topics) as subscriber:
        await hub.consume_for(subscriber, bus)
        await check(bus, actor, topics)
        yield retry()
        seen = after or 0
        if after is not None:
            past = await replay_since(bus, subscriber, after)
            if past is None:
                yield RESYNC
            for item in past or ():
                seen = item.sequence or seen
                yield item.frame
        async for frame in _allowed(hub, bus, actor, subscriber, seen):
            yield frame


async def _allowed(hub: Hub, bus: Bus, actor: Actor, subscriber: Subscriber, seen: int) -> AsyncIterator[bytes]:
    """Asks again whenever access may have changed. An owner that does not answer ends the stream: the page comes back
    and is checked then."""

    async def ended(item: SseEvent) -> list[str]:
        gone = [topic for topic in item.topics & subscriber.topics if not await may_see(bus, actor, topic)]
        hub.leave(subscriber, *gone)
        return gone

    with suppress(Unavailable):
        async for frame in current(subscriber, seen, ended):
            yield frame


async def _none(item: SseEvent) -> list[str]:
    return []


async def current(
    subscriber: Subscriber, seen: int, ended: Callable[[SseEvent], Awaitable[list[str]]] = _none
) -> AsyncIterator[bytes]:
    """Yields what the subscriber gets after the sequence `seen`, until its stream ends. `ended` returns the topics that
    an event takes away from the reader."""
    until = time.monotonic() + MAX_AGE
    while (left := until - time.monotonic()) > 0:
        try:
            item = await asyncio.wait_for(subscriber.queue.get(), min(PAUSE, left))
        except TimeoutError:
            yield KEEP_ALIVE
            continue
        if item is None:
            break
        if item.is_access_change:
            for topic in await ended(item):
                yield topic_ended(topic)
        if _is_new(item, seen) and subscriber.takes(item):
            yield item.frame
    if subscriber.lost:
        yield RESYNC


def _is_new(item: SseEvent, seen: int) -> bool:
    return item.sequence is None or item.sequence > seen
