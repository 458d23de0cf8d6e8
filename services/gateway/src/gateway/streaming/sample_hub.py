"""Distributes samples to open streams: one feed of CHANNELS per process, as long as somebody reads."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from nats.aio.msg import Msg
from prometheus_client import Gauge

from contracts.notify.samples import SUBJECT
from contracts.streams import CHANNELS
from gateway.streaming.event_feed import EventFeed
from gateway.streaming.frames import SseEvent
from gateway.streaming.sample_frames import Channel, mentions, samples_by_channel, samples_event
from gateway.streaming.subscriber import Subscriber
from kit.errors import RateLimited, Unavailable
from kit.messaging.bus import Bus

PER_PROCESS = 1_000
OPEN = Gauge("fairway_sample_streams", "Open streams of samples", multiprocess_mode="livesum")


class SampleReader(Subscriber):
    """An open stream of some channels; `key` is the person or the network address that reads."""

    def __init__(self, key: str, channels: frozenset[Channel]) -> None:
        super().__init__()
        self.key, self.channels = key, channels


class SampleHub:
    def __init__(self) -> None:
        self.readers: set[SampleReader] = set()
        self.per_key = Counter[str]()
        self.wanted = Counter[Channel]()
        self.feed = EventFeed([SUBJECT], self._on_samples, CHANNELS)
        self.default_backend = ""
        self.closed = False
        self._ending = set[asyncio.Task[None]]()

    @contextmanager
    def subscribe(self, key: str, channels: frozenset[Channel], most: int) -> Iterator[SampleReader]:
        """Opens a stream of these channels, which gets samples from now on. Raises RateLimited when `key` has `most`
        open already; Unavailable."""
        if self.closed or len(self.readers) >= PER_PROCESS:
            raise Unavailable("no_more_streams", "Too many streams of samples are open here, try again.")
        if self.per_key[key] >= most:
            raise RateLimited("streams", f"At most {most} streams of samples for each reader.", retry_after=5)
        reader = SampleReader(key, channels)
        self._count(reader, 1)
        try:
            yield reader
        finally:
            self._count(reader, -1)
            if not self.readers:
                self._rest()

    def _count(self, reader: SampleReader, step: int) -> None:
        (self.readers.add if step > 0 else self.readers.discard)(reader)
        OPEN.inc(step)
        self.per_key.update({reader.key: step})
        self.wanted.update(dict.fromkeys(reader.channels, step))
        self.per_key, self.wanted = +self.per_key, +self.wanted

    def _rest(self) -> None:
        """A gateway without readers does not fetch samples."""
        task = asyncio.ensure_future(self.feed.stop(unless=lambda: self.readers))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def consume(self, bus: Bus, default_backend: str) -> None:
        """Returns when readers miss nothing more. Raises Unavailable."""
        self.default_backend = default_backend
        await self.feed.start(bus)

    def _on_samples(self, msg: Msg, sequence: int) -> None:
        if not mentions(msg.data, {name for _, name, _ in self.wanted}):
            return
        found = samples_by_channel(msg.data, self.wanted, self.default_backend)
        events: dict[frozenset[Channel], SseEvent | None] = {}
        for reader in self.readers if found else ():
            if reader.channels not in events:
                events[reader.channels] = samples_event(found, reader.channels, sequence)
            if event := events[reader.channels]:
                reader.put(event)

    def close(self) -> None:
        """Ends all streams; none can be opened any more."""
        self.closed = True
        for reader in self.readers:
            reader.close()
