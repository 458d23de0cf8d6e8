"""The clock of the message bus. Ages of messages are measured by it, because the clocks of two processes may differ."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts.streams import COMMANDS
from kit.telemetry import metrics

log = logging.getLogger("kit.broker_clock")
INTERVAL = 15.0
"""Seconds between two measurements: a clock may be set while the process runs."""
TIMEOUT = 2.0
MAX_ROUND_TRIP = timedelta(seconds=1)
"""A slower answer says too little about the moment at which the server wrote it."""
NOTABLE_SKEW = timedelta(seconds=5)


def _local_time() -> datetime:
    return datetime.now(UTC)


class BrokerClock:
    """`skew` is how far the server's clock is ahead of `local`; zero until it has been measured."""

    def __init__(self, local: Callable[[], datetime] = _local_time) -> None:
        self._local = local
        self.skew = timedelta(0)

    def now(self) -> datetime:
        """Returns the server's time in UTC."""
        return self._local() + self.skew

    async def measure(self, nc: Client) -> None:
        """Measures the skew. Keeps the last one when the server does not answer within `MAX_ROUND_TRIP`; raises
        nothing for a server that is away."""
        asked = self._local()
        try:
            reply = await nc.request(f"$JS.API.STREAM.INFO.{COMMANDS.name}", b"", timeout=TIMEOUT)
            said = orjson.loads(reply.data).get("ts")
        except (NatsError, TimeoutError, OSError, orjson.JSONDecodeError):
            return
        round_trip = self._local() - asked
        if said and round_trip <= MAX_ROUND_TRIP:
            self._set(datetime.fromisoformat(said) - (asked + round_trip / 2))

    def _set(self, skew: timedelta) -> None:
        if abs(skew) > NOTABLE_SKEW >= abs(self.skew):
            log.warning("clock.skewed", extra={"fields": {"seconds": round(skew.total_seconds(), 1)}})
        self.skew = skew
        metrics.CLOCK_SKEW.set(skew.total_seconds())

    async def keep_measuring(self, nc: Client) -> None:
        """Measures every `INTERVAL` seconds; never returns."""
        while True:
            await asyncio.sleep(INTERVAL)
            await self.measure(nc)


BROKER_CLOCK = BrokerClock()
"""The clock of the one bus that this process is connected to."""
