"""A TCP line to a real server that a test may cut: what the other side sees of a server that is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit


class Line:
    """`url` is the address of the server with this line's host and port in it."""

    def __init__(self, url: str, port: int = 0) -> None:
        self._target, self.port = urlsplit(url), port
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

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
        self._writers.clear()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers += [writer, back]
        await asyncio.gather(_pump(reader, back), _pump(there, writer), return_exceptions=True)


@asynccontextmanager
async def line_to(url: str, port: int = 0) -> AsyncIterator[Line]:
    """Open while the block runs; port 0 is any that is free."""
    line = await Line(url, port).open()
    try:
        yield line
    finally:
        await line.cut()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
