"""Bus → open pages. One ordered consumer on EVENTS and one subscription on the hints per process; each page has a queue
of its own, and one that does not read is let go instead of holding up the others."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from nats.aio.msg import Msg
from nats.js.api import DeliverPolicy
from prometheus_client import Gauge

from contracts.streams import EVENTS
from gateway.sse.messages import Happening, audience, happening, public_subjects
from gateway.sse.reader import Reader
from kit.app import Service
from kit.errors import TooMany, Unavailable
from kit.messaging.bus import Bus

log = logging.getLogger("gateway.sse")
QUEUE = 100
PER_USER = 6
PER_PROCESS = 2_000
HEARTBEAT = 1.0
"""Seconds; after two without one the consumer is made anew, as after a restart of the broker."""
OPEN = Gauge("fairway_sse_clients", "Open event streams", multiprocess_mode="livesum")


class Page:
    """One open stream. `end` is set when it is to be closed; `lost` says that messages did not fit."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Happening | None] = asyncio.Queue(QUEUE + 1)
        self.lost = False

    def put(self, item: Happening) -> None:
        if not self.lost and self.queue.qsize() >= QUEUE:
            self.lost = True
            self.queue.put_nowait(None)
        elif not self.lost:
            self.queue.put_nowait(item)

    def close(self) -> None:
        """Ends the stream after what is queued; a full queue has its end in it already."""
        if not self.queue.full():
            self.queue.put_nowait(None)


class Hub:
    def __init__(self) -> None:
        self.pages: dict[int, set[Page]] = defaultdict(set)
        self.closed = False
        self.last = 0

    @contextmanager
    def page(self, user_id: int) -> Iterator[Page]:
        """A new stream of that user, hearing from now on. TooMany, Unavailable."""
        if self.closed or sum(map(len, self.pages.values())) >= PER_PROCESS:
            raise Unavailable("no_more_streams", "Too many event streams are open here, try again.")
        if len(self.pages[user_id]) >= PER_USER:
            raise TooMany("streams", f"At most {PER_USER} event streams per person.", retry_after=5)
        page = Page()
        self.pages[user_id].add(page)
        OPEN.inc()
        try:
            yield page
        finally:
            OPEN.dec()
            self._forget(user_id, page)

    def _forget(self, user_id: int, page: Page) -> None:
        self.pages[user_id].discard(page)
        if not self.pages[user_id]:
            del self.pages[user_id]

    async def run(self, service: Service) -> None:
        """A loop of the service: hears until it is cancelled."""
        await self._hear(service.bus)
        await asyncio.Event().wait()

    async def _hear(self, bus: Bus) -> None:
        self.last = (await bus.js.stream_info(EVENTS.name)).state.last_seq
        config = Reader(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self.last + 1,
            filter_subjects=public_subjects(),
            idle_heartbeat=HEARTBEAT,
        )
        await bus.js.subscribe("", stream=EVENTS.name, ordered_consumer=True, config=config, cb=self._on_event)
        await bus.nc.subscribe("live.>", cb=self._on_hint)

    async def _on_event(self, msg: Msg) -> None:
        """The client starts over at the beginning when it lost its place before it had one: skip what is known."""
        sequence = msg.metadata.sequence.stream
        if sequence > self.last:
            self.last = sequence
            self._spread(msg, sequence)

    async def _on_hint(self, msg: Msg) -> None:
        self._spread(msg, None)

    def _spread(self, msg: Msg, sequence: int | None) -> None:
        pages = [page for user in audience(msg.headers) if user in self.pages for page in self.pages[user]]
        if not pages:
            return
        item = happening(msg.headers or {}, msg.data, sequence)
        for page in pages:
            page.put(item)

    def close(self) -> None:
        """Ends all streams; none can be opened any more."""
        self.closed = True
        for page in [page for pages in self.pages.values() for page in pages]:
            page.close()
