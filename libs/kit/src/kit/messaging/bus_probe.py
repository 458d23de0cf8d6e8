"""Checks that the message bus stores a message and returns it; a connection alone does not show that."""

import asyncio
import time

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from contracts.streams import PROBES

TIMEOUT = 2.0
REUSED_FOR = 1.0
"""Seconds for which one result serves all callers."""


class BusProbe:
    """One per process. Writes a probe to a stream of its own and reads it back."""

    def __init__(self, nc: Client, service: str) -> None:
        self._js, self._subject = nc.jetstream(timeout=TIMEOUT), f"probe.{service}"
        self._turn = asyncio.Lock()
        self._result, self._probed_at = "", float("-inf")

    async def problem(self) -> str:
        """Returns an empty string when a message was stored and read back within `TIMEOUT` seconds, else the end of a
        sentence about the bus."""
        async with self._turn:
            if time.monotonic() - self._probed_at > REUSED_FOR:
                self._result, self._probed_at = await self._round_trip(), time.monotonic()
            return self._result

    async def _round_trip(self) -> str:
        try:
            async with asyncio.timeout(TIMEOUT):
                stored = await self._js.publish(self._subject, b"")
                await self._js.get_msg(PROBES.name, stored.seq)
        except (TimeoutError, NatsError, OSError) as error:
            return _describe(error)
        return ""


def _describe(error: Exception) -> str:
    if isinstance(error, APIError):
        return f"does not store messages ({error.description})"
    return "does not answer" if isinstance(error, TimeoutError) else f"does not store messages ({error!r})"
