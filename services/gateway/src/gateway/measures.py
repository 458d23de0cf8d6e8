"""What one process measures of the whole deployment: how full the streams are, how many dead letters wait."""

import asyncio

import psycopg
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from prometheus_client import Gauge

from contracts.streams import STREAMS
from gateway.dead_letters.queries import count_open
from kit.app import Service
from kit.errors import Unavailable

PERIOD = 15.0
AWAY = (NatsError, JetStreamError, psycopg.Error, Unavailable, TimeoutError, OSError)
BYTES = Gauge("fairway_stream_bytes", "What a stream keeps", ["stream"], multiprocess_mode="livemostrecent")
LIMIT = Gauge(
    "fairway_stream_limit_bytes", "What a stream may keep; +Inf has no limit", ["stream"],
    multiprocess_mode="livemostrecent",
)  # fmt: skip
OPEN = Gauge("fairway_dead_letters_open", "Dead letters that nobody has dealt with", multiprocess_mode="livemostrecent")


async def measure(service: Service) -> None:
    """A loop of the service. What is away keeps its last figure."""
    while True:
        for look in (streams, letters):
            try:
                await look(service)
            except AWAY:
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
