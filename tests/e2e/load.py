"""A steady load of every kind of write, with its history. Its clients never give up and are impatient: what has no
answer after a second or two is sent again under the same Idempotency-Key, while the first request is still open."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from tests.e2e.writes import AREA, KINDS, UPLOAD, Kind, Numbers, Write

CALM = 3.0
"""Seconds in which every answer must be good before a kind of write counts as good again."""
TOTAL = aiohttp.ClientTimeout(8)
THINKING = 2.0
"""Seconds between two writes of a client: the rate of a load times this is the number of its clients."""
AGAIN = (429, 503, 507)
"""Statuses after which a client tries again."""
OTHERS = 1.0
"""Writes a second of each kind beside areas."""


@dataclass
class Request:
    kind: str
    begun: float
    good: bool | None = None
    """None while it is open."""
    reason: str = "no answer"


@dataclass
class Load:
    """`rate` is of areas, a second; None is as many as its clients can, of areas alone."""

    url: str
    token: str
    rate: float | None = None
    clients: int = 32
    writes: list[Write] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Answers that nobody may ever get."""
    stopped: bool = False
    malformed: Counter[str] = field(default_factory=Counter)
    """Dead letters that it was given, by type and reason."""
    numbers: Numbers = field(default_factory=Numbers)

    async def run(self) -> None:
        """Until it is stopped and every write has its answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(headers=headers, timeout=TOTAL, connector=connector) as self.http:
            await asyncio.gather(*(self._client(kind, period) for kind, period in self._clients()))

    def _clients(self) -> list[tuple[Kind, float]]:
        if self.rate is None:
            return [(AREA, 0.0)] * self.clients
        number = max(2, round(self.rate * THINKING))
        others = [(kind, THINKING) for kind in KINDS if kind is not AREA] * round(OTHERS * THINKING)
        return [(AREA, THINKING)] * number + others

    async def _client(self, kind: Kind, period: float) -> None:
        due = time.monotonic() + random.uniform(0, period)
        while not (self.stopped or self.wrong):
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            area = await self._written(AREA) if kind is UPLOAD else None
            if area is None or area.made:
                await self._written(kind, area)
            due = max(time.monotonic(), due + period * random.uniform(0.5, 1.5))

    async def _written(self, kind: Kind, area: Write | None = None) -> Write:
        write = self.numbers.write(kind, area)
        self.writes.append(write)
        async with asyncio.TaskGroup() as open_requests:
            while not write.done:
                sent = open_requests.create_task(self._sent(write))
                await asyncio.wait({sent}, timeout=random.uniform(1, 2))
                if sent.done() and not write.done:
                    await asyncio.sleep(random.uniform(0.3, 0.6))
        return write

    async def _sent(self, write: Write) -> None:
        request = Request(write.kind.name, time.monotonic())
        self.requests.append(request)
        headers = {"Idempotency-Key": write.key, "X-Dev-User": f"{write.person}:faults-{write.person}"}
        try:
            async with self.http.request(
                write.kind.method, self.url + write.path, json=write.body(), headers=headers
            ) as answer:
                await self._take(write, request, answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            request.reason = type(error).__name__
        request.good = bool(request.good)

    async def _take(self, write: Write, request: Request, answer: aiohttp.ClientResponse) -> None:
        text = await answer.text()
        if answer.status not in (write.kind.good, *AGAIN):
            self.wrong.append(f"{write.kind.name} {answer.status} {text[:300]}")
        elif answer.status == write.kind.good:
            request.good = True
            write.command = answer.headers.get("location")
            if write.kind.made:
                write.made.add(write.kind.made(await answer.json()))
        request.reason = f"{answer.status} {text[:200]}"
        write.done |= answer.status not in AGAIN

    def recovered(self, kind: Kind, since: float) -> float | None:
        """Seconds after `since` at which the last bad request of the kind began; None until `CALM` seconds of good ones
        have followed."""
        mine = [request for request in self.requests if request.kind == kind.name and request.begun >= since]
        bad = max((request.begun for request in mine if request.good is False), default=since)
        good = [request for request in mine if request.begun > bad and request.good]
        waiting = any(request.good is None and request.begun < time.monotonic() - CALM for request in mine)
        return None if len(good) < 2 or waiting or time.monotonic() - bad < CALM else bad - since

    def bad(self, since: float) -> dict[str, int]:
        """Reason → how many bad answers since then."""
        return Counter(f"{one.kind}: {one.reason}" for one in self.requests if one.begun >= since and one.good is False)


async def good_again(load: Load, since: float, limit: float) -> dict[str, float]:
    """Kind of write → seconds until it was good again. AssertionError when one needs more than `limit`."""
    while True:
        assert not load.wrong, load.wrong[:3]
        found = {kind.name: load.recovered(kind, since) for kind in KINDS}
        if None not in found.values():
            break
        late = [name for name, seconds in found.items() if seconds is None]
        assert time.monotonic() - since < limit + 3 * CALM, f"not good again: {late}\n{load.bad(since + limit)}"
        await asyncio.sleep(0.1)
    seconds = {name: round(value or 0.0, 1) for name, value in found.items()}
    assert max(seconds.values()) <= limit, f"{seconds}\n{load.bad(since)}"
    return seconds


async def capacity(url: str, token: str, seconds: float = 2.0) -> float:
    """Areas a second that the machine carries with this very load generator beside it."""
    load = Load(url, token)
    task = asyncio.create_task(load.run())
    await asyncio.sleep(1)  # connections, prepared statements
    before = sum(write.done for write in load.writes)
    await asyncio.sleep(seconds)
    carried = (sum(write.done for write in load.writes) - before) / seconds
    load.stopped = True
    await asyncio.wait_for(task, 30)
    return carried
