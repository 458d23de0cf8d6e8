"""HOT's Raw Data API: snapshots of OpenStreetMap, made by asynchronous tasks."""

import asyncio
import io
import zipfile
from typing import Any

import orjson

from catalog.datasets.ports import BuildFailed, TryLater
from kit.outbound import JSON, ZIP, Outbound, OutboundError

NAME = "fairway-labels"
HEADERS = {"accept": "application/json", "referer": "fAIr"}
MAX_ENTRIES = 10
MAX_BYTES = 128 << 20
MAX_RATIO = 100
DOWNLOAD_LIMIT = 120.0


class RawData:
    """`interval` seconds between questions, `limit` seconds in all for one snapshot."""

    def __init__(self, root: str, outbound: Outbound, interval: float = 2.0, limit: float = 300.0) -> None:
        self.root, self.outbound, self.interval, self.limit = root.rstrip("/"), outbound, interval, limit

    async def features(self, area: dict[str, Any], filters: dict[str, Any], geometry_type: str) -> list[dict[str, Any]]:
        body = {"fileName": NAME, "geometry": area, "filters": filters, "geometryType": [geometry_type]}
        try:
            task = await self._ask("POST", "/snapshot/", json=body)
            address = await self._done(_text(task, "track_link"))
            archive = await self.outbound.get(address, ZIP, total=DOWNLOAD_LIMIT)
        except OutboundError as error:
            problem = f"OpenStreetMap data could not be fetched. {error}"
            raise (TryLater(problem) if error.transient else BuildFailed(problem)) from error
        return await asyncio.to_thread(unpacked, archive.content)

    async def _done(self, link: str) -> str:
        """Address of the finished archive."""
        try:
            async with asyncio.timeout(self.limit):
                while True:
                    answer = await self._ask("GET", link)
                    if answer.get("status") == "SUCCESS":
                        return _text(answer.get("result"), "download_url")
                    if answer.get("status") in ("FAILED", "FAILURE", "REVOKED"):
                        raise BuildFailed("The OpenStreetMap data service refused to export this area.")
                    await asyncio.sleep(self.interval)
        except TimeoutError as error:
            raise TryLater("The OpenStreetMap data service takes too long to export this area.") from error

    async def _ask(self, method: str, path: str, **extra: Any) -> dict[str, Any]:
        answer = (await self.outbound.request(method, f"{self.root}{path}", JSON, headers=HEADERS, **extra)).json()
        if not isinstance(answer, dict):
            raise TryLater("The OpenStreetMap data service gave an unreadable answer.")
        return answer


def _text(answer: Any, field: str) -> str:
    value = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise TryLater("The OpenStreetMap data service gave an unreadable answer.")
    return value


def unpacked(content: bytes) -> list[dict[str, Any]]:
    """Features of the archive's GeoJSON; BuildFailed for an archive that is broken or swells beyond the limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            features = orjson.loads(_inflated(archive, len(content))).get("features")
    except (zipfile.BadZipFile, orjson.JSONDecodeError, AttributeError, KeyError, NotImplementedError) as error:
        raise BuildFailed("The OpenStreetMap data came as a broken archive.") from error
    return [one for one in features if isinstance(one, dict)] if isinstance(features, list) else []


def _inflated(archive: zipfile.ZipFile, size: int) -> bytes:
    if len(archive.namelist()) > MAX_ENTRIES:
        raise BuildFailed("The OpenStreetMap data came as an archive of too many files.")
    name = _candidates(archive)[0]
    cap = min(MAX_BYTES, max(size * MAX_RATIO, 1 << 20))
    with archive.open(name) as file:
        text = file.read(cap + 1)
    if len(text) > cap:
        raise BuildFailed("There is too much OpenStreetMap data in this area. Draw it smaller.")
    return text


def _candidates(archive: zipfile.ZipFile) -> list[str]:
    """The asked-for file first, never the outline of the area."""
    names = [name for name in archive.namelist() if name.endswith(".geojson") and "clipping_boundary" not in name]
    if not names:
        raise KeyError("no GeoJSON")
    return sorted(names, key=lambda name: not name.endswith(f"{NAME}.geojson"))
