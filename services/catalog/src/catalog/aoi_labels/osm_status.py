"""The age of the OpenStreetMap data that labels come from."""

import asyncio
import time

from contracts.catalog.osm import OsmStatus
from kit.errors import Unavailable
from osm.raw_data import RawData, RawDataError

TTL = 60.0
FAILURE_TTL = 10.0
"""Seconds that a failure is cached, so that a failing service receives few requests."""


class OsmStatusCache:
    """Caches the status; concurrent callers share one request to the Raw Data API."""

    def __init__(self, osm: RawData) -> None:
        self.osm = osm
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._status: OsmStatus | RawDataError | None = None

    async def status(self) -> OsmStatus:
        """Raises Unavailable while the Raw Data API does not answer."""
        async with self._lock:
            if self._status is None or time.monotonic() > self._until:
                self._status = await self._fetch()
                failed = isinstance(self._status, RawDataError)
                self._until = time.monotonic() + (FAILURE_TTL if failed else TTL)
        if isinstance(self._status, RawDataError):
            raise Unavailable("osm_unavailable", str(self._status))
        return self._status

    async def _fetch(self) -> OsmStatus | RawDataError:
        try:
            return OsmStatus(lastUpdated=await self.osm.last_updated())
        except RawDataError as problem:
            return problem
