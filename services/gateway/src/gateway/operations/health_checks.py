"""The checks of `/health/`: the database and the backing servers, concurrently and each with a timeout."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from gateway.settings import Settings
from kit.app import Service
from kit.http.connections import trusted
from kit.storage.object_storage import Storage

log = logging.getLogger("gateway.probes")
REUSED_FOR = 2.0
"""Seconds for which one result is returned to all callers."""
GRACE = 0.2
"""Seconds in addition, so that the timeout of the HTTP client comes first."""
COLLECTIONS = {"base_models": "base-models", "datasets": "datasets", "local_models": "local-models"}
Probe = Callable[[], Awaitable[Any]]


class HealthChecks:
    def __init__(self, settings: Settings, service: Service) -> None:
        self.settings, self.service = settings, service
        self.storage = Storage(settings)
        self._turn = asyncio.Lock()
        self._result: dict[str, Any] = {}
        self._checked_at = float("-inf")

    async def check(self) -> dict[str, Any]:
        """Only configured servers have a key. All servers are checked once in `REUSED_FOR` seconds, for any number of
        callers."""
        async with self._turn:
            if time.monotonic() - self._checked_at > REUSED_FOR:
                self._result, self._checked_at = await self._check(), time.monotonic()
            return self._result

    async def _check(self) -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=self.settings.probe_timeout, verify=trusted()) as http:
            probes = self._probes(http)
            results = await asyncio.gather(*(self._limited(name, probe) for name, probe in probes.items()))
        found = dict(zip(probes, results, strict=True))
        collections = {name: found.pop(name) for name in COLLECTIONS if name in found}
        return found | ({"stac_collections": collections} if collections else {})

    def _probes(self, http: httpx.AsyncClient) -> dict[str, Probe]:
        settings, probes = self.settings, dict[str, Probe](bus=self._bus, postgresql=self.service.db.ping)
        if settings.bucket:
            probes["s3"] = self._bucket
        if stac := settings.stac_url:
            probes["stac_api"] = _any(http, stac)
            probes |= {name: _good(http, f"{stac}/collections/{cid}") for name, cid in COLLECTIONS.items()}
        if settings.zenml_url:
            probes["zenml"] = _any(http, settings.zenml_url)
        if settings.mapswipe:
            probes["mapswipe"] = _mapswipe(http, settings.mapswipe_url)
        return probes

    async def _bus(self) -> bool:
        return not await self.service.bus_problem()

    async def _bucket(self) -> bool:
        await self.storage.check()
        return True

    async def _limited(self, name: str, probe: Probe) -> Any:
        """Returns False for any failure. The reason goes to the log, because the response is public."""
        try:
            async with asyncio.timeout(self.settings.probe_timeout + GRACE):
                return await probe()
        except Exception as error:
            log.warning("probe.failed", extra={"fields": {"probe": name, "reason": repr(error)}})
            return False


def _any(http: httpx.AsyncClient, url: str) -> Probe:
    """Any HTTP response counts as reachable."""

    async def probe() -> bool:
        await http.get(url)
        return True

    return probe


def _good(http: httpx.AsyncClient, url: str) -> Probe:
    async def probe() -> bool:
        return (await http.get(url)).is_success

    return probe


def _mapswipe(http: httpx.AsyncClient, url: str | None) -> Probe:
    async def probe() -> dict[str, Any]:
        try:
            await http.get(url or "")
        except (httpx.HTTPError, httpx.InvalidURL):
            return {"url": url, "reachable": False}
        return {"url": url, "reachable": True}

    return probe
