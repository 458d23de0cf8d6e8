"""Publishes a batch to JetStream: all messages first, then their acknowledgements on one subscription.

`js.publish` makes a token, a future, a task and a timer for each message, which is most of what an event costs.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import MaxPayloadError

from kit.messaging.nats_connection import reply_prefix

ACK_TIMEOUT = 5.0
TOO_LARGE = 10054
"""The server's code for a message above the stream's `max_msg_size`."""
Row = tuple[int, str, dict[str, str], bytes]
"""Number of the row, subject, headers, body."""


class BatchPublisher:
    """Publishes one batch at a time. `refused` maps rows of the last batch that no repetition can publish to the
    reason."""

    def __init__(self, nc: Client) -> None:
        self.nc, self.inbox = nc, reply_prefix(nc)
        self.acked: set[int] = set()
        self.refused: dict[int, str] = {}
        """Row number → reason; no repetition changes it."""
        self._waiting: set[int] = set()
        self._all = asyncio.Event()

    async def start(self) -> None:
        """Subscribes to the acknowledgements; the client must be connected."""
        await self.nc.subscribe(f"{self.inbox}.*", cb=self._on_answer)

    async def publish(self, rows: Iterable[Row]) -> set[int]:
        """Publishes the rows and returns the numbers of those that the stream has stored within `ACK_TIMEOUT` seconds.
        The others are unknown, not failed. Raises NATS errors."""
        window = list(rows)
        self.acked, self.refused, self._waiting = set(), {}, {row[0] for row in window}
        self._all.clear()
        for number, subject, headers, data in window:
            try:
                await self.nc.publish(subject, bytes(data), f"{self.inbox}.{number}", headers)
            except MaxPayloadError:
                self._waiting.discard(number)
                self.refused[number] = f"more than the {self.nc.max_payload} bytes that the server takes"
        if not self._waiting:
            return self.acked
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all.wait(), ACK_TIMEOUT)
        return self.acked

    async def _on_answer(self, msg: Msg) -> None:
        """Handles an acknowledgement, an error (stream full), or a status without a body (no stream)."""
        number = int(msg.subject.rpartition(".")[2])
        if number not in self._waiting:
            return
        self._waiting.discard(number)
        answer = orjson.loads(msg.data) if msg.data else {"error": {}}
        if "error" not in answer:
            self.acked.add(number)
        elif answer["error"].get("err_code") == TOO_LARGE:
            self.refused[number] = answer["error"]["description"]
        if not self._waiting:
            self._all.set()
