"""Live samples: how long they take from their publication to the open streams of many readers.

`python -m stack.bench.live` measures on a system of its own; `make bench` has the same figures.
"""

import asyncio
import time
from collections.abc import Sequence

import aiohttp
import nats
import orjson
from nats.js import JetStreamContext
from rich.console import Console

from contracts.notify.samples import SUBJECT
from stack.bench.intake import own_system
from stack.bench.load import at
from stack.bench.rows import Row, table
from stack.bench.system import System

READERS, CHANNELS, RATE, SECONDS = 200, 20, 10, 10
LIMIT = 60.0


def live(system: System) -> list[Row]:
    """Each channel has as many readers; each sample is a message of its own."""
    delays, lost = asyncio.run(_measure(system))
    method = f"{READERS} streams of {CHANNELS} channels, {RATE} samples/s each, for {SECONDS} s"
    return [
        Row("live sample, p95", round(at(delays, 0.95), 1), "ms", "<= 150", f"{method}; p50 {at(delays, 0.5):.1f} ms"),
        Row("live samples that a reader missed", lost, "samples", "<= 0", method),
    ]


async def _measure(system: System) -> tuple[list[float], int]:
    """Returns milliseconds of all samples of all readers, sorted, and how many never came."""
    connection = await nats.connect(system.env["NATS__URL"])
    js = connection.jetstream(timeout=10)
    names = [f"live/{number}" for number in range(CHANNELS)]
    delays, expected = list[float](), RATE * SECONDS
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Authorization": f"Bearer {system.token}"}
    async with aiohttp.ClientSession(headers=headers, connector=connector, raise_for_status=True) as http:
        await _known(js, http, system.url, names)
        ready = asyncio.Semaphore(0)
        readers = [
            asyncio.create_task(_read(http, f"{system.url}/channels/stream", name, ready, delays, expected))
            for name in names for _ in range(READERS // CHANNELS)
        ]  # fmt: skip
        for _ in readers:
            await asyncio.wait_for(ready.acquire(), LIMIT)
        await _publish(js, names)
        await asyncio.wait(readers, timeout=LIMIT / 6)
        for reader in readers:
            reader.cancel()
    await connection.close()
    return sorted(delays), READERS * expected - len(delays)


async def _known(js: JetStreamContext, http: aiohttp.ClientSession, url: str, names: Sequence[str]) -> None:
    """Returns when the channels can be found."""
    await js.publish(SUBJECT, orjson.dumps({"samples": [{"name": name, "ts": 1, "value": 0.0} for name in names]}))
    async with asyncio.timeout(LIMIT):
        for name in names:
            while not await _found(http, url, name):  # noqa: ASYNC110  (a search has no event)
                await asyncio.sleep(0.1)


async def _found(http: aiohttp.ClientSession, url: str, name: str) -> bool:
    query = {"search_text": f"^{name}$", "allow_cached_response": "false"}
    async with http.get(f"{url}/channels/search", params=query) as answer:
        return bool((await answer.json())["channels"])


async def _publish(js: JetStreamContext, names: Sequence[str]) -> None:
    """The channels take turns, so that samples do not come in bursts."""
    start, number = time.perf_counter(), 0
    pending = set[asyncio.Task]()
    for turn in range(RATE * SECONDS):
        for name in names:
            await asyncio.sleep(max(0, start + number / (RATE * len(names)) - time.perf_counter()))
            sample = {"name": name, "ts": time.time_ns(), "value": float(turn)}
            pending.add(asyncio.create_task(js.publish(SUBJECT, orjson.dumps({"samples": [sample]}))))
            number += 1
    await asyncio.gather(*pending)


async def _read(
    http: aiohttp.ClientSession, url: str, name: str, ready: asyncio.Semaphore, delays: list[float], expected: int
) -> None:
    got = 0
    timeout = aiohttp.ClientTimeout(total=None, sock_read=LIMIT)
    async with http.get(url, params={"channel_name": name}, timeout=timeout) as answer:
        async for line in answer.content:
            if line.startswith(b"event: position"):
                ready.release()
            elif line.startswith(b'data: {"samples"'):
                now = time.time_ns()
                samples = orjson.loads(line[6:])["samples"]
                delays += [(now - int(sample["ts"])) / 1e6 for sample in samples]
                got += len(samples)
            if got >= expected:
                return


if __name__ == "__main__":
    with own_system() as running:
        Console().print(table(live(running)))
