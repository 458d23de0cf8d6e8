"""Clients that send too much, or too slowly, as raw bytes: the server itself ends their connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.http.server import connection

LIMIT = 10.0
HEAD = b"GET /api/ HTTP/1.1\r\nhost: fair.example\r\n"
POST = b"POST /api/v1/aois/ HTTP/1.1\r\nhost: fair.example\r\ncontent-type: application/json\r\n"
MIB = 1 << 20


class Wire:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> bytes:
        async with asyncio.timeout(LIMIT):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def rest(self) -> bytes:
        """All until the server closes the connection."""
        async with asyncio.timeout(LIMIT):
            with suppress(ConnectionResetError):
                return await self.reader.read()
        return b""


@asynccontextmanager
async def wire(running) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection(running.settings.public_host, running.settings.public_port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def flooded(wire: Wire, start: bytes, piece: bytes, most: int = 4 * MIB) -> int:
    """How many bytes the server has been sent when it ends the connection."""
    sent = 0
    with suppress(ConnectionError):
        await wire.send(start)
        while sent < most and not wire.reader.at_eof():
            await wire.send(piece)
            sent += len(piece)
            await asyncio.sleep(0)
    return sent


FLOODS = {
    "one header": (HEAD + b"x-long: ", b"x" * 4096),
    "many headers": (HEAD, b"x-a: b\r\n" * 512),
    "an address": (b"GET /api/?", b"x" * 4096),
    "empty lines": (b"", b"\r\n" * 2048),
    "trailers": (POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"x-a: b\r\n" * 512),
    "chunk extensions": (POST + b"transfer-encoding: chunked\r\n\r\n2;", b"x" * 4096),
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_no_request_is_read_without_end(running, http, flood):
    async with wire(running) as one:
        assert await flooded(one, *FLOODS[flood]) < 4 * MIB, "the server took all of it"


async def test_headers_beyond_the_limit_are_said(running, http):
    async with wire(running) as one:
        await one.send(HEAD + b"x-long: " + b"x" * 66_000)
        assert (await one.rest()).startswith(b"HTTP/1.1 431 ")


async def test_headers_up_to_the_limit_are_judged_by_the_application(running, http):
    async with wire(running) as one:
        await one.send(HEAD + b"connection: close\r\nx-long: " + b"x" * 60_000 + b"\r\n\r\n")
        assert b"application/problem+json" in (answer := await one.rest())
        assert answer.startswith(b"HTTP/1.1 431 ")


async def test_large_bodies_are_no_headers(running, http, mapper):
    """In chunks of a kilobyte, as slow programs send them; the route says that it is too large, not the server."""
    async with wire(running) as one:
        start = POST + f"authorization: {mapper['authorization']}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        await one.send(start + b"400\r\n" + b" " * 1024 + b"\r\n")
        await one.send((b"400\r\n" + b" " * 1024 + b"\r\n") * 900 + b"0\r\n\r\n")
        assert (await one.head()).startswith(b"HTTP/1.1 400 ")


SLOW = {
    "nothing": (b"", "KEEP_ALIVE", b""),
    "half a header": (HEAD, "HEADER_TIMEOUT", b"HTTP/1.1 408 "),
    "half a body": (POST + b"content-length: 100\r\n\r\n{", "BODY_GRACE", b"HTTP/1.1 401 "),
    "between requests": (HEAD + b"\r\n", "KEEP_ALIVE", b"HTTP/1.1 200 "),
    "empty lines between requests": (HEAD + b"\r\n\r\n", "KEEP_ALIVE", b"HTTP/1.1 200 "),
}


@pytest.mark.parametrize("what", SLOW)
async def test_connections_that_wait_are_ended(running, http, monkeypatch, what):
    sent, limit, start = SLOW[what]
    monkeypatch.setattr(connection, limit, 0.5)
    monkeypatch.setattr(connection, "LINGER", 0.5)
    async with wire(running) as one:
        await one.send(sent)
        assert (await one.rest()).startswith(start)


async def test_a_body_that_drips_is_ended(running, http, mapper, monkeypatch):
    monkeypatch.setattr(connection, "BODY_GRACE", 0.5)
    async with wire(running) as one:
        await one.send(POST + f"authorization: {mapper['authorization']}\r\ncontent-length: 900\r\n\r\n".encode())
        reading = asyncio.create_task(one.rest())
        with suppress(ConnectionError):
            while not reading.done():
                await one.send(b" ")
                await asyncio.wait({reading}, timeout=0.2)
        said = await reading
    assert not said or said.startswith(b"HTTP/1.1 408 "), "a byte that comes too late may cost the last word"


async def test_who_takes_no_answer_is_ended(running, http, monkeypatch):
    """A megabyte is asked for and not read; the connections of the server become fewer again."""
    monkeypatch.setattr(connection, "WRITE_TIMEOUT", 0.5)
    known = running.public.server.server_state.connections
    async with wire(running) as one:
        one.writer.transport.pause_reading()
        before = set(known)
        for _ in range(40):
            await one.send(b"GET /api/schema/ HTTP/1.1\r\nhost: fair.example\r\n\r\n")
        async with asyncio.timeout(LIMIT):
            while before & {c for c in known if c.client == one.writer.get_extra_info("sockname")}:
                await asyncio.sleep(0.05)


async def test_requests_in_a_row_on_one_connection(running, http):
    """Pipelined, and one after the other."""
    async with wire(running) as one:
        await one.send((HEAD + b"\r\n") * 40)
        for _ in range(40):
            head = await one.head()
            assert head.startswith(b"HTTP/1.1 200 ")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
            await one.reader.readexactly(length)
