"""People who read: many who ask for what silent neighbours have, and some who ask for what the catalog has itself."""

import asyncio
import time
from contextlib import suppress
from typing import Self

import aiohttp

from tests.e2e.conftest import Platform
from tests.e2e.invariants import query

EXPANDING, HEADING = 80, 12
PLAIN = ("/datasets/?limit=10", "/categories/", "/base-models/")
PAUSE, LONG_PAUSE = 0.05, 2.0
"""Seconds between two requests of one reader; people who waited in vain take longer."""
SLOW = 1.5
"""Seconds."""
FEW = 0.1
"""Share of plain reads that may be slow or refused on a busy machine; when they wait for silent servers, all of them
are."""
DATASETS = 10
_ROW = """insert into datasets (stac_id, title, source_imagery, category, status, visibility, user_id, request,
  created_at, last_modified)
select 'silent-' || n, 'Silent', 'https://tiles.example.org/{z}/{x}/{y}', 'buildings', 'built', 'public', 1, '{}',
  now(), now() from generate_series(1, %(number)s) n on conflict do nothing"""

_GONE = "delete from datasets where stac_id like 'silent-%%'"


class Readers:
    """Read while the block runs, without a login."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.took: list[tuple[str, float, int]] = []
        """Of plain reads: path, seconds, status."""

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(query, self.platform, "catalog", _ROW, number=DATASETS)
        self.http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(10), connector=aiohttp.TCPConnector(limit=0)
        )  # fmt: skip
        head = f"/artifacts/{self.platform.env['BUCKET_NAME']}/dev/zenml/datasets/x/y"
        asked = [("GET", "/datasets/?expand=stac")] * EXPANDING + [("HEAD", head)] * HEADING
        asked += [("GET", path) for path in PLAIN]
        self.tasks = [asyncio.create_task(self._read(method, path)) for method, path in asked]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.http.close()
        await asyncio.to_thread(query, self.platform, "catalog", _GONE)

    async def _read(self, method: str, path: str) -> None:
        while True:
            started, status = time.monotonic(), 0
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.http.request(method, self.platform.url + path, allow_redirects=False) as answer:
                    status = answer.status
            if path in PLAIN:
                self.took.append((path, time.monotonic() - started, status))
            await asyncio.sleep(PAUSE if path in PLAIN else LONG_PAUSE)

    def slow(self) -> list[tuple[str, float, int]]:
        """Plain reads that were slow or refused; none where they are few."""
        found = [one for one in self.took if one[1] > SLOW or one[2] != 200]
        return found if len(found) > FEW * len(self.took) else []
