"""The life of one event stream: what was missed, then what happens, until it ends."""

import asyncio
import time
from collections.abc import AsyncIterator

from gateway.sse.hub import Hub, Page
from gateway.sse.messages import KEEP_ALIVE, RESYNC, Happening, retry
from gateway.sse.replay import missed
from kit.messaging.bus import Bus

PAUSE = 15.0
MAX_AGE = 1800.0


async def frames(hub: Hub, bus: Bus, user_id: int, after: int | None) -> AsyncIterator[bytes]:
    """Listens before it replays, so that nothing falls between; what arrives both ways is sent once."""
    with hub.page(user_id) as page:
        yield retry()
        seen = after or 0
        if after is not None:
            past = await missed(bus, user_id, after)
            if past is None:
                yield RESYNC
            for item in past or ():
                seen = item.sequence or seen
                yield item.frame
        async for frame in _current(page, seen):
            yield frame


async def _current(page: Page, seen: int) -> AsyncIterator[bytes]:
    until = time.monotonic() + MAX_AGE
    while (left := until - time.monotonic()) > 0:
        try:
            item = await asyncio.wait_for(page.queue.get(), min(PAUSE, left))
        except TimeoutError:
            yield KEEP_ALIVE
            continue
        if item is None:
            break
        if _is_new(item, seen):
            yield item.frame
    if page.lost:
        yield RESYNC


def _is_new(item: Happening, seen: int) -> bool:
    return item.sequence is None or item.sequence > seen
