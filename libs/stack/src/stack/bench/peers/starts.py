"""Time from a request to the first line of Celery's worker."""

import asyncio
import time
from asyncio import StreamReader, StreamWriter

from aiohttp import ClientSession, ClientTimeout

from stack.bench.peers.load import SQUARE

LIMIT = 10
"""Seconds."""
BODY = {"properties": {}, "geometry": {"type": "Polygon", "coordinates": SQUARE}}
VALUE_LINES = 4
"""Of an answer to `BLPOP`: list and value, each after its size."""


async def celery_starts(url: str, redis: int, calls: int) -> list[float]:
    """Starts so many runs of the application at `url`, one after another, and returns the milliseconds until the
    worker of each told Redis on that port. Raises TimeoutError when one does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", redis)
    async with ClientSession(headers={"X-User": "1"}, timeout=ClientTimeout(LIMIT), raise_for_status=True) as http:
        taken = [await _start(http, f"{url}/runs/", reader, writer) for _ in range(calls)]
    writer.close()
    return taken


async def _start(http: ClientSession, url: str, reader: StreamReader, writer: StreamWriter) -> float:
    writer.write(b"BLPOP started %d\r\n" % LIMIT)
    started = time.perf_counter()
    post = asyncio.create_task(_submit(http, url))
    if await reader.readline() != b"*2\r\n":
        raise TimeoutError("the worker has not started")
    for _ in range(VALUE_LINES):
        await reader.readline()
    taken = (time.perf_counter() - started) * 1000
    await post
    return taken


async def _submit(http: ClientSession, url: str) -> None:
    async with http.post(url, json=BODY) as answer:
        await answer.read()
