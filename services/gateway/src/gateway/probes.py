"""What `/health/` looks at: our database and the backing servers, at the same time and each with a limit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from gateway.settings import Settings
from kit.db import Database
from kit.storage import Storage

log = logging.getLogger("gateway.probes")
GRACE = 0.2
"""The HTTP client's own timeout comes first."""
COLLECTIONS = {"base_models": "base-models", "datasets": "datasets", "local_models": "local-models"}
Probe = Callable[[], Awaitable[Any]]


class Probes:
    def __init__(self, settings: Settings, db: Database) -> None:
        self.settings, self.db = settings, db
        self.storage = Storage(settings)

    async def look(self) -> dict[str, Any]:
        """Only what is configured has a key."""
        async with httpx.AsyncClient(timeout=self.settings.probe_timeout) as http:
            probes = self._probes(http)
            results = await asyncio.gather(*(self._limited(name, probe) for name, probe in probes.items()))
        found = dict(zip(probes, results, strict=True))
        collections = {name: found.pop(name) for name in COLLECTIONS if name in found}
        return found | ({"stac_collections": collections} if collections else {})

    def _probes(self, http: httpx.AsyncClient) -> dict[str, Probe]:
        settings, probes = self.settings, dict[str, Probe](postgresql=self.db.ping)
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

    async def _bucket(self) -> bool:
        await asyncio.to_thread(lambda: self.storage.client.head_bucket(Bucket=self.settings.bucket))
        return True

    async def _limited(self, name: str, probe: Probe) -> Any:
        """Whatever went wrong, it is not reachable. Why is in the log: the answer is public."""
        try:
            async with asyncio.timeout(self.settings.probe_timeout + GRACE):
                return await probe()
        except Exception as error:
            log.warning("probe.failed", extra={"facts": {"probe": name, "reason": repr(error)}})
            return False


def _any(http: httpx.AsyncClient, url: str) -> Probe:
    """Any HTTP answer counts."""

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
