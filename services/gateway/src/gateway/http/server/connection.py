"""Limits of one connection to the public listener: bytes before its request is complete, and time without progress.

The parser of uvicorn has no limits of its own. These cost a few additions and comparisons per request; all connections
are checked once a second, without a timer for each.
"""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 65_536
"""Per request, in addition to twice its body: headers, trailers, and the framing of chunks."""
HEADER_TIMEOUT = 10.0
"""Seconds from the first byte of a request to the end of its headers."""
BODY_GRACE, BODY_RATE = 20.0, 1024
"""A body may take so many seconds, and one more for every so many bytes."""
LINGER = 5.0
"""Seconds in which the rest of a body may arrive after its response was complete."""
KEEP_ALIVE = 65.0
"""Seconds between two requests."""
WRITE_TIMEOUT = 60.0
"""Seconds in which a client may leave a waiting response unread."""
TICKS = 10
"""Ticks of uvicorn's main loop, a tenth of a second each, between two checks."""
PERIOD = TICKS / 10


class BoundedConnection(HttpToolsProtocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.incomplete = self.in_headers = False
        self.received = self.content = self.unsent = 0
        self.since = self.taken_at = self.loop.time()

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        super().data_received(data)
        if self.received > MAX_HEADER_BYTES + 2 * self.content:
            self.end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.incomplete = self.in_headers = True
        self.since = self.loop.time()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.in_headers = False

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self.content += len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.incomplete = False
        self.received = self.content = 0

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        super().on_response_complete()

    def check(self, now: float) -> None:
        """Closes the connection when it exceeded a time limit."""
        if self._is_stuck(now):
            self.transport.abort()
        elif not self.transport.is_closing() and now - self.since > self._allowed():
            self.end(HTTPStatus.REQUEST_TIMEOUT)

    def _is_stuck(self, now: float) -> bool:
        """Returns whether no waiting bytes have been sent for too long."""
        unsent, before = self.transport.get_write_buffer_size(), self.unsent
        self.unsent = unsent
        if not unsent or unsent < before:
            self.taken_at = now
        return now - self.taken_at > WRITE_TIMEOUT

    def _allowed(self) -> float:
        """Returns the seconds allowed since the last change. A body that the application does not read yet does not
        time out."""
        if self.in_headers:
            return HEADER_TIMEOUT
        answered = self.cycle is None or self.cycle.response_complete
        if not self.incomplete:
            return KEEP_ALIVE if answered else float("inf")
        if answered:
            return LINGER
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            self.since += PERIOD
        return BODY_GRACE + self.content / BODY_RATE

    def end(self, status: HTTPStatus) -> None:
        """Closes the connection, with a status when a request waits for one."""
        if self.transport.is_closing():
            return
        if self.incomplete and not self._has_answer():
            self._say(status)
        self.transport.close()

    def _has_answer(self) -> bool:
        """Returns whether a response has started that another one would corrupt; within headers that of the previous
        request."""
        cycle = self.cycle
        return cycle is not None and cycle.response_started and not (self.in_headers and cycle.response_complete)

    def _say(self, status: HTTPStatus) -> None:
        body = b"%s\n" % status.phrase.encode()
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)


class BoundedServer(uvicorn.Server):
    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS == 0:
            check_all(self.server_state.connections)
        return await super().on_tick(counter)


def check_all(connections: Iterable[Any]) -> None:
    now = asyncio.get_running_loop().time()
    for connection in list(connections):
        connection.check(now)
