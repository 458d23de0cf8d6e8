"""Files that an owner keeps in a local folder or in an object store: read in pieces, whatever their size."""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator
from typing import BinaryIO

import httpx
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from contracts.catalog.packages import PackageFile
from kit.errors import NotFound, Unavailable
from kit.http.connections import trusted

PIECE = 256 * 1024
TIMEOUT = 20.0
"""Seconds for the object store to begin, and between two pieces."""
Chunks = AsyncGenerator[bytes, None]


class ClosingStream(StreamingResponse):
    """Releases what it reads from when the client has left as well."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()


async def chunks_of(file: PackageFile, part: range | None = None) -> Chunks:
    """Returns the content, or the bytes of `part`. Raises NotFound for a file that is gone, Unavailable for an object
    store that does not answer."""
    return await (_of_folder(file.path, part) if file.path else _of_store(file.url, part))


async def _of_folder(path: str, part: range | None) -> Chunks:
    source = await asyncio.to_thread(_opened, path)

    async def chunks() -> Chunks:
        with source:
            left = os.fstat(source.fileno()).st_size if part is None else len(part)
            while left and (piece := await asyncio.to_thread(source.read, min(PIECE, left))):
                left -= len(piece)
                yield piece

    if part:
        source.seek(part.start)
    return chunks()


def _opened(path: str) -> BinaryIO:
    """The owner resolved the path, so one that leads elsewhere now was changed since, perhaps to leave its folder."""
    try:
        if os.path.realpath(path, strict=True) != path:
            raise NotFound("file_not_found")
        source = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    except OSError as error:
        raise NotFound("file_not_found") from error
    if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
        source.close()
        raise NotFound("file_not_found")
    return source


async def _of_store(url: str, part: range | None) -> Chunks:
    chunks = _requested(url, {} if part is None else {"range": f"bytes={part.start}-{part.stop - 1}"})
    await anext(chunks)
    return chunks


async def _requested(url: str, headers: dict[str, str]) -> Chunks:
    """The first chunk is empty, and tells that the store has answered."""
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=trusted()) as client,
            client.stream("GET", url, headers={**headers, "accept-encoding": "identity"}) as response,
        ):
            if response.status_code == 404:
                raise NotFound("file_not_found")
            if response.status_code != (206 if headers else 200):
                raise Unavailable("storage_unavailable", "The object store does not give the file, try again.")
            yield b""
            async for piece in response.aiter_raw(PIECE):
                yield piece
    except httpx.HTTPError as error:
        raise Unavailable("storage_unavailable", "The object store does not answer, try again.") from error
