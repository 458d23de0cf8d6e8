"""Publishing a window to JetStream: all messages first, then their acknowledgements on one subscription.

`js.publish` makes a token, a future, a task and a timer for each message, which is most of what an event costs.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from kit.connection import inbox

LIMIT = 5.0
Row = tuple[int, str, dict[str, str], bytes]
"""Number of the row, subject, headers, body."""


class Acks:
    """One window at a time."""

    def __init__(self, nc: Client) -> None:
        self.nc, self.inbox = nc, inbox(nc)
        self.acked: set[int] = set()
        self._waiting: set[int] = set()
        self._all = asyncio.Event()

    async def start(self) -> None:
        await self.nc.subscribe(f"{self.inbox}.*", cb=self._on_answer)

    async def publish(self, rows: Iterable[Row]) -> set[int]:
        """Numbers of the rows that the stream has; what is missing after the limit is unknown, not failed."""
        window = list(rows)
        self.acked, self._waiting = set(), {row[0] for row in window}
        self._all.clear()
        for number, subject, headers, data in window:
            await self.nc.publish(subject, bytes(data), f"{self.inbox}.{number}", headers)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all.wait(), LIMIT)
        return self.acked

    async def _on_answer(self, msg: Msg) -> None:
        """An error (stream full), or a status instead of a body (no stream), is an answer too."""
        number = int(msg.subject.rpartition(".")[2])
        if number not in self._waiting:
            return
        self._waiting.discard(number)
        if msg.data and "error" not in orjson.loads(msg.data):
            self.acked.add(number)
        if not self._waiting:
            self._all.set()
