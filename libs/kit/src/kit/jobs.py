"""What a job works with. How it is taken, ended and handed over: `kit.worker`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from contracts.base import Live
from kit.db import Database
from kit.messaging.bus import Bus
from kit.messaging.envelope import Envelope
from kit.messaging.relay import Relay
from kit.messaging.tx import ReadTx, Tx, transaction

LAST = 3
"""Attempts at a job."""


class Closing(Exception):
    """Raised by a job that saw `JobContext.closing` and would not be done in time: another worker takes it at once."""


@dataclass
class JobContext:
    """`delivery` is the fencing token. On the `last` attempt a failure is final; deliveries that were `handed_over` are
    none. `closing` is set when the worker is asked to end."""

    envelope: Envelope
    db: Database
    bus: Bus
    relay: Relay
    service: str
    delivery: int
    handed_over: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def attempt(self) -> int:
        return self.delivery - self.handed_over

    @property
    def last(self) -> bool:
        return self.attempt >= LAST

    def tx(self) -> AbstractAsyncContextManager[Tx]:
        return transaction(self.db, self.service, self.relay, self.envelope)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadTx]:
        read = ReadTx(self.db, self.envelope.actor)
        try:
            yield read
        finally:
            await read.close()

    async def hint(self, live: Live) -> None:
        await self.bus.hint(live)
