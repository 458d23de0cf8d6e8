"""HOT's Raw Data API: snapshots of OpenStreetMap, made by asynchronous tasks."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from imagery.snapshot import BadSnapshot, unpacked
from kit.outbound import JSON, ZIP, Outbound, OutboundError

NAME = "fairway"
HEADERS = {"accept": "application/json", "referer": "fAIr"}
DOWNLOAD_LIMIT = 120.0
STATUS_LIMIT = 5.0
LONGEST_REASON = 200
Feature = dict[str, Any]


class RawDataError(Exception):
    """The text tells a mapper why there is no data; `transient`: worth another try."""

    def __init__(self, words: str, transient: bool) -> None:
        super().__init__(words)
        self.transient = transient


class RawData:
    """`interval` seconds between questions, `limit` seconds in all for one snapshot. Safe to share."""

    def __init__(self, root: str, outbound: Outbound, interval: float = 2.0, limit: float = 300.0) -> None:
        self.root, self.outbound, self.interval, self.limit = root.rstrip("/"), outbound, interval, limit

    async def features(self, area: Feature, filters: dict[str, Any], geometry_type: str) -> list[Feature]:
        """Whole features that touch a GeoJSON area in EPSG:4326, those that cross its edge included."""
        archive = await self.snapshot(area, filters, geometry_type)
        try:
            return await asyncio.to_thread(features_of, archive)
        except BadSnapshot as problem:
            raise RawDataError(str(problem), False) from problem

    async def snapshot(self, area: Feature, filters: dict[str, Any], geometry_type: str) -> bytes:
        """The archive of these features, a tenth of their size, for `features_of`."""
        body = {
            "fileName": NAME, "geometry": area, "filters": filters, "geometryType": [geometry_type],
            "useStWithin": False,
        }  # fmt: skip
        try:
            return await self._archive(body)
        except OutboundError as error:
            raise RawDataError(f"OpenStreetMap data could not be fetched. {error}", error.transient) from error
        except TimeoutError as error:
            raise RawDataError("The OpenStreetMap data service takes too long to export this area.", True) from error

    async def last_updated(self) -> datetime:
        """Up to when OpenStreetMap's changes are in the data."""
        try:
            answer = await self._ask("GET", f"{self.root}/status", total=STATUS_LIMIT)
        except OutboundError as error:
            raise RawDataError(f"The age of OpenStreetMap data is not known. {error}", error.transient) from error
        try:
            moment = datetime.fromisoformat(_text(answer, "lastUpdated"))
        except ValueError as error:
            raise _unreadable() from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    async def _archive(self, body: dict[str, Any]) -> bytes:
        async with asyncio.timeout(self.limit):
            task = await self._ask("POST", f"{self.root}/snapshot/", json=body)
            address = await self._done(self._link(_text(task, "track_link")))
            return (await self.outbound.get(address, ZIP, total=DOWNLOAD_LIMIT)).content

    def _link(self, link: str) -> str:
        """Beneath our root, whether the service names its own path or not; never another host."""
        if not link.startswith("/") or link.startswith("//"):
            raise _unreadable()
        path = urlsplit(self.root).path
        return f"{self.root}{link.removeprefix(path) if link.startswith(f'{path}/') else link}"

    async def _done(self, address: str) -> str:
        """Where the finished archive is."""
        while True:
            answer = await self._ask("GET", address)
            if answer.get("status") == "SUCCESS":
                return _text(answer.get("result"), "download_url")
            if answer.get("status") in ("FAILED", "FAILURE", "REVOKED"):
                raise RawDataError(_refusal(answer.get("result")), False)
            await asyncio.sleep(self.interval)

    async def _ask(self, method: str, address: str, **extra: Any) -> dict[str, Any]:
        answer = (await self.outbound.request(method, address, JSON, headers=HEADERS, **extra)).json()
        if not isinstance(answer, dict):
            raise _unreadable()
        return answer


def features_of(archive: bytes) -> list[Feature]:
    """Raises BadSnapshot."""
    return unpacked(archive, f"{NAME}.geojson")


def _text(answer: Any, field: str) -> str:
    value = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise _unreadable()
    return value


def _unreadable() -> RawDataError:
    return RawDataError("The OpenStreetMap data service gave an unreadable answer.", True)


def _refusal(reason: Any) -> str:
    """With the service's own words when they are some: one line of printable text."""
    words = "The OpenStreetMap data service refused to export this area"
    said = "".join(c for c in reason if c.isprintable()).strip() if isinstance(reason, str) else ""
    return f"{words}: {said[:LONGEST_REASON]}" if said else f"{words}."
