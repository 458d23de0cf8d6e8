"""A client of HOT's Raw Data API: snapshots of OpenStreetMap, exported by asynchronous tasks."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from kit.http.outbound import JSON, ZIP, Outbound, OutboundError
from osm.snapshot import BadSnapshot, read_snapshot

NAME = "fairway"
HEADERS = {"accept": "application/json", "referer": "fAIr"}
DOWNLOAD_LIMIT = 120.0
STATUS_LIMIT = 5.0
LONGEST_REASON = 200
Feature = dict[str, Any]


class RawDataError(Exception):
    """The text tells a mapper why there is no data; `transient`: a retry after `retry_after` seconds may succeed."""

    def __init__(self, words: str, transient: bool, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.transient, self.retry_after = transient, retry_after


class RawData:
    """Polls every `interval` seconds, for at most `limit` seconds per snapshot. Safe to share between tasks."""

    def __init__(self, root: str, outbound: Outbound, interval: float = 2.0, limit: float = 300.0) -> None:
        self.root, self.outbound, self.interval, self.limit = root.rstrip("/"), outbound, interval, limit

    async def features(self, area: Feature, filters: dict[str, Any], geometry_type: str) -> list[Feature]:
        """Returns whole GeoJSON features (EPSG:4326) that intersect the GeoJSON geometry `area`.

        `filters` and `geometry_type` are those of the API. Raises RawDataError.
        """
        archive = await self.snapshot(area, filters, geometry_type)
        try:
            return await asyncio.to_thread(features_of, archive)
        except BadSnapshot as problem:
            raise RawDataError(str(problem), False) from problem

    async def snapshot(self, area: Feature, filters: dict[str, Any], geometry_type: str) -> bytes:
        """Returns the zip archive of these features, for `features_of`. Raises RawDataError."""
        body = {
            "fileName": NAME, "geometry": area, "filters": filters, "geometryType": [geometry_type],
            "useStWithin": False,
        }  # fmt: skip
        try:
            return await self._archive(body)
        except OutboundError as error:
            raise RawDataError(
                f"OpenStreetMap data could not be fetched. {error}", error.transient, error.retry_after
            ) from error
        except TimeoutError as error:
            raise RawDataError("The OpenStreetMap data service takes too long to export this area.", True) from error

    async def last_updated(self) -> datetime:
        """Returns the time (UTC) up to which the data contains changes of OpenStreetMap. Raises RawDataError."""
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
        """A URL below the configured root, whether the link contains its path or not; never another host."""
        if not link.startswith("/") or link.startswith("//"):
            raise _unreadable()
        path = urlsplit(self.root).path
        return f"{self.root}{link.removeprefix(path) if link.startswith(f'{path}/') else link}"

    async def _done(self, address: str) -> str:
        """Waits for the task and returns the URL of its archive."""
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
    """Returns the features of an archive. Raises BadSnapshot."""
    return read_snapshot(archive, f"{NAME}.geojson")


def _text(answer: Any, field: str) -> str:
    value = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise _unreadable()
    return value


def _unreadable() -> RawDataError:
    return RawDataError("The OpenStreetMap data service gave an unreadable answer.", True)


def _refusal(reason: Any) -> str:
    """Includes the service's reason if it is printable text."""
    words = "The OpenStreetMap data service refused to export this area"
    said = "".join(c for c in reason if c.isprintable()).strip() if isinstance(reason, str) else ""
    return f"{words}: {said[:LONGEST_REASON]}" if said else f"{words}."
