"""Features of files, by box, for who may see the file."""

import asyncio

from catalog.files.features import read_features
from catalog.files.queries import ABSENT
from contracts.catalog import files as c
from kit.child import in_child
from kit.errors import TooMany
from kit.storage import Storage

AT_ONCE, PATIENCE, DEADLINE = 2, 5.0, 20.0
"""Children side by side; seconds to wait for one of these places, and for a child."""


class FeatureReader:
    """Each reading is a child process of its own."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._free = asyncio.Semaphore(AT_ONCE)

    async def read(self, query: c.ReadFeatures) -> bytes:
        """NotFound when there is no such file."""
        if await self.storage.head(query.key.removeprefix(self.storage.prefix)) is None:
            raise ABSENT
        url = await asyncio.to_thread(self.storage.presigned_at, query.key)
        await self._turn()
        try:
            return await in_child(read_features, url, query.box, query.skip, query.limit, timeout=DEADLINE)
        finally:
            self._free.release()

    async def _turn(self) -> None:
        try:
            await asyncio.wait_for(self._free.acquire(), PATIENCE)
        except TimeoutError as error:
            raise TooMany("busy", "Many are reading. Try again in a moment.", retry_after=5) from error
