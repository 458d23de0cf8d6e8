"""Distributes messages of the bus to event streams: one feed of EVENTS and one subscription on live messages per
process, and a second feed as soon as somebody asks for a topic. Each subscriber has its own queue; one that does not
read it is disconnected instead of delaying the others."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from nats.aio.msg import Msg
from prometheus_client import Gauge

from gateway.streaming.event_feed import EventFeed
from gateway.streaming.frames import (
    audience,
    personal_subjects,
    public_subjects,
    sse_event,
    topics,
)
from gateway.streaming.sample_hub import SampleHub
from gateway.streaming.subscriber import Subscriber
from kit.app import Service
from kit.errors import RateLimited, Unavailable
from kit.messaging.bus import Bus

log = logging.getLogger("gateway.sse")
PER_USER = 6
PER_PROCESS = 2_000
OPEN = Gauge("fairway_sse_clients", "Open event streams", multiprocess_mode="livesum")


class Hub:
    def __init__(self) -> None:
        self.subscribers: dict[int, set[Subscriber]] = defaultdict(set)
        self.readers: dict[str, set[Subscriber]] = defaultdict(set)
        """Topic → its subscribers."""
        self.personal = EventFeed(personal_subjects(), partial(self._on_event, False))
        self.samples = SampleHub()
        self.topical = EventFeed(public_subjects(), partial(self._on_event, True))
        self.closed = False

    @contextmanager
    def subscribe(self, user_id: int, about: frozenset[str] = frozenset()) -> Iterator[Subscriber]:
        """Opens a stream of that user and of those topics, which receives messages from now on. Raises RateLimited,
        Unavailable."""
        if self.closed or sum(map(len, self.subscribers.values())) >= PER_PROCESS:
            raise Unavailable("no_more_streams", "Too many event streams are open here, try again.")
        if len(self.subscribers[user_id]) >= PER_USER:
            raise RateLimited("streams", f"At most {PER_USER} event streams per person.", retry_after=5)
        subscriber = Subscriber(user_id, about)
        self.subscribers[user_id].add(subscriber)
        for topic in about:
            self.readers[topic].add(subscriber)
        OPEN.inc()
        try:
            yield subscriber
        finally:
            OPEN.dec()
            self.leave(subscriber, *subscriber.topics)
            _forget(self.subscribers, user_id, subscriber)

    def leave(self, subscriber: Subscriber, *about: str) -> None:
        """Sends the subscriber nothing more of those topics."""
        for topic in about:
            subscriber.topics.discard(topic)
            _forget(self.readers, topic, subscriber)

    async def run(self, service: Service) -> None:
        """A loop of the service: consumes until it is cancelled."""
        await self.personal.start(service.bus)
        await service.bus.nc.subscribe("live.>", cb=self._on_live)
        await asyncio.Event().wait()

    async def consume_for(self, subscriber: Subscriber, bus: Bus) -> None:
        """Returns when the subscriber misses nothing more. Changes of areas and labels are many, so a gateway fetches
        them only once somebody has asked for a topic. Raises Unavailable."""
        if subscriber.asks_for_topics:
            await self.topical.start(bus)

    def _on_event(self, topical: bool, msg: Msg, sequence: int) -> None:
        self._send([one for one in self._addressed(msg) if one.asks_for_topics is topical], msg, sequence)

    async def _on_live(self, msg: Msg) -> None:
        self._send(self._addressed(msg), msg, None)

    def _send(self, subscribers: Collection[Subscriber], msg: Msg, sequence: int | None) -> None:
        if not subscribers:
            return
        item = sse_event(msg.headers or {}, msg.data, sequence)
        for subscriber in subscribers:
            subscriber.put(item)

    def _addressed(self, msg: Msg) -> set[Subscriber]:
        by_user = (self.subscribers.get(user, ()) for user in audience(msg.headers))
        by_topic = (self.readers.get(topic, ()) for topic in topics(msg.headers))
        return {one for found in (*by_user, *by_topic) for one in found}

    def close(self) -> None:
        """Ends all streams; none can be opened any more."""
        self.closed = True
        self.samples.close()
        for subscriber in [one for subscribers in self.subscribers.values() for one in subscribers]:
            subscriber.close()


def _forget(table: dict[Any, set[Subscriber]], key: int | str, subscriber: Subscriber) -> None:
    table[key].discard(subscriber)
    if not table[key]:
        del table[key]
