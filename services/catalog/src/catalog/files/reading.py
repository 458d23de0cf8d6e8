"""Reads features of files in a box."""

import asyncio
from contextlib import nullcontext

from catalog.files.features import read_features
from catalog.files.queries import ABSENT
from contracts.catalog import files as c
from contracts.shared import Actor
from kit.errors import RateLimited
from kit.process.bulkhead import Bulkhead
from kit.process.subprocesses import GIB, run_in_subprocess
from kit.storage.object_storage import Storage

MAX_READERS, QUEUE_TIMEOUT, READ_TIMEOUT = 2, 5.0, 20.0
"""Child processes at a time; seconds to wait for one of them; seconds that one may run."""


class FeatureReader:
    """Each read runs in its own child process."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._free = asyncio.Semaphore(MAX_READERS)
        self._anonymous = Bulkhead("Reading without a login", 1, 1, QUEUE_TIMEOUT)

    async def read(self, query: c.ReadFeatures, actor: Actor) -> bytes:
        """Raises NotFound when the file does not exist. Anonymous callers use at most one of the processes."""
        async with self._anonymous.slot() if actor.is_anonymous else nullcontext():
            return await self._read(query)

    async def _read(self, query: c.ReadFeatures) -> bytes:
        if await self.storage.head(query.key.removeprefix(self.storage.prefix)) is None:
            raise ABSENT
        url = self.storage.presigned_at(query.key)
        await self._wait_for_slot()
        try:
            asked = (url, query.box, query.skip, query.limit)
            return await run_in_subprocess(read_features, *asked, timeout=READ_TIMEOUT, memory=4 * GIB)
        finally:
            self._free.release()

    async def _wait_for_slot(self) -> None:
        try:
            await asyncio.wait_for(self._free.acquire(), QUEUE_TIMEOUT)
        except TimeoutError as error:
            raise RateLimited("busy", "Too many concurrent reads. Try again in a moment.", retry_after=5) from error
