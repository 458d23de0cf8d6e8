"""What a Service of Kubernetes does: one address, behind it those replicas that are ready."""

import asyncio
from contextlib import suppress
from itertools import count
from typing import Self
from urllib.parse import urlsplit


class Balancer:
    """New connections go to the replicas in turn; those that there are stay where they are."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.addresses: list[str] = []
        """Of ready replicas."""
        self._turn = count()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._forward, self.host, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = urlsplit(self.addresses[next(self._turn) % len(self.addresses)])
        with suppress(OSError):
            there, back = await asyncio.open_connection(place.hostname, place.port)
            await asyncio.gather(_pump(reader, back), _pump(there, writer), return_exceptions=True)
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
