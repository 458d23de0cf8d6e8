"""A TCP line to a real server that a test may cut or hang: what the other side sees of a server that is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self
from urllib.parse import urlsplit


class Line:
    """`url` is the address of the server with this line's host and port in it."""

    def __init__(self, url: str, port: int = 0) -> None:
        self._target, self.port = urlsplit(url), port
        self._silent = False
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._flows: list[asyncio.Event] = []

    @property
    def url(self) -> str:
        login, at, _ = self._target.netloc.rpartition("@")
        return self._target._replace(netloc=f"{login}{at}127.0.0.1:{self.port}").geturl()

    async def open(self) -> Self:
        """Also again after `cut`, on the same port."""
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def cut(self) -> None:
        """Connections end at once, and new ones are refused."""
        if self._server:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for flow in self._flows:
            flow.set()
        self._writers.clear()
        self._flows.clear()

    def hang(self) -> None:
        """Nothing more comes through the connections that there are, and nobody is told; new ones work."""
        for flow in self._flows:
            flow.clear()

    def block(self) -> None:
        """As `hang`, for new connections too, until `resume`."""
        self._silent = True
        self.hang()

    def resume(self) -> None:
        """New connections work; those from before stay silent, as behind a firewall that has forgotten them."""
        self._silent = False

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        flow = asyncio.Event()
        if not self._silent:
            flow.set()
        self._writers += [writer, back]
        self._flows.append(flow)
        await asyncio.gather(_pump(reader, back, flow), _pump(there, writer, flow), return_exceptions=True)


@asynccontextmanager
async def line_to(url: str, port: int = 0) -> AsyncIterator[Line]:
    """Open while the block runs; port 0 is any that is free."""
    line = await Line(url, port).open()
    try:
        yield line
    finally:
        await line.cut()


@asynccontextmanager
async def silent_server() -> AsyncIterator["SilentServer"]:
    """Takes connections and never answers, while the block runs."""
    server = SilentServer()
    listening = await asyncio.start_server(server.take, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        for writer in server.open:
            writer.transport.abort()


class SilentServer:
    def __init__(self) -> None:
        self.url = ""
        self.open: set[asyncio.StreamWriter] = set()
        """Connections whose other end is still there."""
        self.requests = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        with suppress(ConnectionError):
            while await reader.read(65536):
                self.requests += 1
        self.open.discard(writer)
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: asyncio.Event) -> None:
    while data := await reader.read(65536):
        await flow.wait()
        writer.write(data)
        await writer.drain()
    await flow.wait()
    writer.close()
