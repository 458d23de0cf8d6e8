"""HOT's Raw Data API: one snapshot of OpenStreetMap, made by an asynchronous task."""

import asyncio
import io
import zipfile
from typing import Any

import orjson

from kit.outbound import JSON, ZIP, Outbound, OutboundError
from prediction.runs.ports import Failed, Later

NAME = "fairway-predictions"
HEADERS = {"accept": "application/json", "referer": "fAIr"}
MAX_BYTES = 128 << 20
LIMIT = 300.0
INTERVAL = 2.0
Feature = dict[str, Any]


async def snapshot(
    root: str, outbound: Outbound, area: dict[str, Any], bucket: str, filters: dict[str, Any]
) -> list[Feature]:
    """Features of the map that touch the area. Failed, or Later when another try may help."""
    body = {"fileName": NAME, "geometry": area, "filters": filters, "geometryType": [bucket]}
    try:
        async with asyncio.timeout(LIMIT):
            task = await outbound.request("POST", f"{root}/snapshot/", JSON, json=body, headers=HEADERS)
            address = await _done(f"{root}{task.json()['track_link']}", outbound)
            archive = await outbound.get(address, ZIP, total=LIMIT)
        return await asyncio.to_thread(_unpacked, archive.content)
    except OutboundError as problem:
        words = f"OpenStreetMap data could not be fetched. {problem}"
        raise (Later if problem.transient else Failed)(words) from problem
    except TimeoutError as problem:
        raise Later("The OpenStreetMap data service takes too long to export this area.") from problem
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as problem:
        raise Later("The OpenStreetMap data service gave an unreadable answer.") from problem


async def _done(link: str, outbound: Outbound) -> str:
    """Address of the finished archive."""
    while True:
        answer = (await outbound.request("GET", link, JSON, headers=HEADERS)).json()
        if answer["status"] == "SUCCESS":
            return str(answer["result"]["download_url"])
        if answer["status"] in ("FAILED", "FAILURE", "REVOKED"):
            raise Failed("The OpenStreetMap data service refused to export this area.")
        await asyncio.sleep(INTERVAL)


def _unpacked(content: bytes) -> list[Feature]:
    """The GeoJSON that was asked for, not the outline of the area; Failed when it swells beyond `MAX_BYTES`."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.endswith(f"{NAME}.geojson")]
        with archive.open(names[0] if names else "") as file:
            text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise Failed("There is too much OpenStreetMap data in this area. Draw it smaller.")
    return list(orjson.loads(text)["features"])
