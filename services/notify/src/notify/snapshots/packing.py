"""Contents of snapshots as they are stored: JSON, compressed."""

import asyncio


async def packed(content: str) -> bytes:
    return await asyncio.to_thread(_packed, content)


def _packed(content: str) -> bytes:
    from zstandard import ZstdCompressor

    return ZstdCompressor(level=6).compress(content.encode())


async def unpacked(body: bytes) -> str:
    return await asyncio.to_thread(_unpacked, body)


def _unpacked(body: bytes) -> str:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor().decompress(body).decode()
