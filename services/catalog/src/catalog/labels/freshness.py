"""How old the OpenStreetMap data is that labels come from."""

import asyncio
import time

from contracts.catalog.osm import OsmStatus
from imagery import RawData, RawDataError
from kit.errors import Unavailable

KEPT = 60.0
FAILURE_KEPT = 10.0
"""Seconds; a service in trouble is not asked by everybody who looks at a page."""


class Freshness:
    """Asked by many, asks once."""

    def __init__(self, osm: RawData) -> None:
        self.osm = osm
        self._turn = asyncio.Lock()
        self._until = 0.0
        self._known: OsmStatus | RawDataError | None = None

    async def status(self) -> OsmStatus:
        """Unavailable while the Raw Data API does not tell."""
        async with self._turn:
            if self._known is None or time.monotonic() > self._until:
                self._known = await self._asked()
                failed = isinstance(self._known, RawDataError)
                self._until = time.monotonic() + (FAILURE_KEPT if failed else KEPT)
        if isinstance(self._known, RawDataError):
            raise Unavailable("osm_unavailable", str(self._known))
        return self._known

    async def _asked(self) -> OsmStatus | RawDataError:
        try:
            return OsmStatus(lastUpdated=await self.osm.last_updated())
        except RawDataError as problem:
            return problem
