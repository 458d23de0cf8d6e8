"""People who read meanwhile, and try once more what did not come through."""

import asyncio
import time

import aiohttp

PATHS = ("/aois/", "/datasets/", "/trainings/", "/predictions/", "/banner/", "/auth/me/")
PAUSE = 0.2
"""Seconds between two reads."""


RETRY_AFTER = 2.0
"""Seconds, as an answer 503 says."""


class Reads:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.headers = url, {"Authorization": f"Bearer {token}"}
        self.good = 0
        self.again: list[str] = []
        self.failed: list[str] = []
        """Those that were answered neither at once nor at the second try."""

    async def run(self) -> None:
        async with aiohttp.ClientSession(headers=self.headers, timeout=aiohttp.ClientTimeout(10)) as self.http:
            await asyncio.gather(*map(self._reader, PATHS))

    async def _reader(self, path: str) -> None:
        while True:
            if problem := await self._problem(path):
                self.again.append(problem)
                await asyncio.sleep(RETRY_AFTER)
                if problem := await self._problem(path):
                    self.failed.append(problem)
            self.good += not problem
            await asyncio.sleep(PAUSE)

    async def _problem(self, path: str) -> str:
        started = time.monotonic()
        try:
            async with self.http.get(self.url + path, params={"limit": 5}) as answer:
                text = await answer.text()
                return "" if answer.status == 200 else f"{path}: {answer.status} {text[:200]}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{path}: {error!r} after {time.monotonic() - started:.1f} s"
