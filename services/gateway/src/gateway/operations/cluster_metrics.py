"""Metrics of the whole deployment that each process exports: bytes of the streams, open dead letters."""

import asyncio

import psycopg
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from prometheus_client import Gauge

from contracts.streams import STREAMS
from gateway.operations.dead_letters.queries import count_open
from kit.app import Service
from kit.errors import Unavailable

PERIOD = 15.0
TRANSIENT_ERRORS = (NatsError, JetStreamError, psycopg.Error, Unavailable, TimeoutError, OSError)
BYTES = Gauge("fairway_stream_bytes", "Bytes that a stream stores", ["stream"], multiprocess_mode="livemostrecent")
LIMIT = Gauge(
    "fairway_stream_limit_bytes", "Bytes that a stream may store; +Inf without a limit", ["stream"],
    multiprocess_mode="livemostrecent",
)  # fmt: skip
OPEN = Gauge(
    "fairway_dead_letters_open", "Dead letters that were neither replayed nor discarded",
    multiprocess_mode="livemostrecent",
)  # fmt: skip


async def measure(service: Service) -> None:
    """A loop of the service. A server that is not reachable keeps its last value."""
    while True:
        for look in (streams, letters):
            try:
                await look(service)
            except TRANSIENT_ERRORS:
                continue
        await asyncio.sleep(PERIOD)


async def streams(service: Service) -> None:
    for stream in STREAMS:
        info = await service.bus.js.stream_info(stream.name)
        most = info.config.max_bytes or -1
        BYTES.labels(stream.name).set(info.state.bytes)
        LIMIT.labels(stream.name).set(most if most > 0 else float("inf"))


async def letters(service: Service) -> None:
    OPEN.set(await count_open(service.db))
