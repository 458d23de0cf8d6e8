"""Reads a response without ever holding more of it than allowed, however well it is compressed."""

import zlib
from collections.abc import AsyncIterator

import httpx

from kit.http.outbound.errors import OutboundError

_GZIP_OR_ZLIB = 47


async def read(response: httpx.Response, cap: int) -> bytes:
    """Returns the decoded body. Raises OutboundError `too_large` as soon as it passes `cap` bytes, `wrong_content` when
    it cannot be decoded."""
    if int(response.headers.get("content-length", 0) or 0) > cap:
        raise OutboundError("too_large")
    content = bytearray()
    async for piece in _decoded(response, cap):
        content += piece
        if len(content) > cap:
            raise OutboundError("too_large")
    return bytes(content)


async def _decoded(response: httpx.Response, cap: int) -> AsyncIterator[bytes]:
    encoding = response.headers.get("content-encoding", "identity").lower()
    if encoding == "identity":
        async for raw in response.aiter_raw():
            yield raw
    elif encoding in ("gzip", "x-gzip", "deflate"):
        async for piece in _inflated(response, cap):
            yield piece
    else:
        raise OutboundError("wrong_content")


async def _inflated(response: httpx.Response, cap: int) -> AsyncIterator[bytes]:
    inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        async for raw in response.aiter_raw():
            yield inflate.decompress(raw, cap + 1)
            if inflate.unconsumed_tail:
                raise OutboundError("too_large")
    except zlib.error as error:
        raise OutboundError("wrong_content") from error
