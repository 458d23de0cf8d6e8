"""Publishing a window to JetStream: all messages first, then their acknowledgements on one subscription.

`js.publish` makes a token, a future, a task and a timer for each message, which is most of what an event costs.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import MaxPayloadError

from kit.connection import inbox

LIMIT = 5.0
TOO_LARGE = 10054
"""The server's code for a message above the stream's `max_msg_size`."""
Row = tuple[int, str, dict[str, str], bytes]
"""Number of the row, subject, headers, body."""


class Acks:
    """One window at a time."""

    def __init__(self, nc: Client) -> None:
        self.nc, self.inbox = nc, inbox(nc)
        self.acked: set[int] = set()
        self.refused: dict[int, str] = {}
        """What no repetition will change, with its reason."""
        self._waiting: set[int] = set()
        self._all = asyncio.Event()

    async def start(self) -> None:
        await self.nc.subscribe(f"{self.inbox}.*", cb=self._on_answer)

    async def publish(self, rows: Iterable[Row]) -> set[int]:
        """Numbers of the rows that the stream has; what is missing after the limit is unknown, not failed."""
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
            await asyncio.wait_for(self._all.wait(), LIMIT)
        return self.acked

    async def _on_answer(self, msg: Msg) -> None:
        """An error (stream full), or a status instead of a body (no stream), is an answer too."""
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
