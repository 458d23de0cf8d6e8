"""Takes samples from their stream."""

import asyncio
from collections.abc import Sequence

from nats.aio.msg import Msg
from prometheus_client import Counter

from contracts import headers as h
from contracts.notify.samples import BadSample
from kit.db.database import Database
from notify.channels.recorder.batches import Versioned, decoded, reason
from notify.channels.recorder.usecases import record
from notify.channels.settings import ChannelSettings

RECORDED = Counter("fairway_samples_recorded_total", "Samples stored from the message bus")
TIMEOUT = "set local statement_timeout = '30s'"


class Recorder:
    """One per process. A message is stored as a whole or not at all."""

    def __init__(self, db: Database, settings: ChannelSettings) -> None:
        self.db, self.settings = db, settings

    async def record(self, messages: Sequence[Msg]) -> dict[int, str]:
        """Commits the samples of these messages. Returns the positions of those that break a rule, with the reason."""
        batches, refused = list[Versioned](), dict[int, str]()
        for position, msg in enumerate(messages):
            if h.RECORDED in (msg.headers or {}):
                continue
            try:
                samples = decoded(msg.data, self.settings.channel_default_backend)
                batches.append(Versioned(_stored_at(msg), samples))
            except BadSample as problem:
                refused[position] = reason(problem)
            await asyncio.sleep(0)  # others get a turn: a large message takes 30 ms
        if batches:
            await self._commit(batches)
        return refused

    async def _commit(self, batches: Sequence[Versioned]) -> None:
        async with self.db.raw() as connection, connection.transaction():
            await connection.execute(TIMEOUT)
            await record(connection, batches)
        RECORDED.inc(sum(len(batch.samples) for batch in batches))


def _stored_at(msg: Msg) -> int:
    """In nanoseconds, as exact as microseconds."""
    return int(msg.metadata.timestamp.timestamp() * 1e6) * 1000
