"""GDAL and PMTiles readers before the lasting addresses of result files, with a real store behind the gateway."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import shapely
from pmtiles.reader import Reader
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from pyogrio import raw

from contracts.prediction import GetResultFile, HeadResultFile
from kit.storage.object_storage import Storage, StorageSettings
from stack import up

COLUMNS = 200
TOKEN = "t" * 32


def roofs(folder: Path) -> bytes:
    """Squares in a row, a thousandth of a degree apart."""
    squares = [shapely.box(n / 1000, 0, n / 1000 + 5e-4, 5e-4) for n in range(COLUMNS * 50)]
    raw.write(
        folder / "roofs.fgb", shapely.to_wkb(squares), [], [], layer="roofs", driver="FlatGeobuf", crs="EPSG:4326",
        geometry_type="Polygon", SPATIAL_INDEX="YES",
    )  # fmt: skip
    return (folder / "roofs.fgb").read_bytes()


def tile_of(x: int) -> bytes:
    return f"tile {x} ".encode() * 500


def tiles() -> bytes:
    """An archive of the northern row of zoom 8."""
    written = io.BytesIO()
    writer = Writer(written)
    for x in sorted(range(COLUMNS), key=lambda x: zxy_to_tileid(8, x, 0)):
        writer.write_tile(zxy_to_tileid(8, x, 0), tile_of(x))
    writer.finalize({"tile_type": TileType.UNKNOWN, "tile_compression": Compression.NONE}, {"name": "Roofs"})
    return written.getvalue()


@pytest.fixture
async def store(owners, monkeypatch, tmp_path) -> AsyncIterator[Storage]:
    """Results in a real store; their owner signs addresses for whoever has the token, and for GET alone."""
    for name, value in (up({"s3"}) | {"PARENT_BUCKET_FOLDER": f"test-gateway-{uuid4().hex[:8]}"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(os.environ, "no_proxy", "127.0.0.1")
    storage = Storage(StorageSettings())
    await storage.put("predictions.fgb", roofs(tmp_path), "application/vnd.flatgeobuf")
    await storage.put("predictions.pmtiles", tiles(), "application/vnd.pmtiles")
    heads = {name: await storage.head(name) for name in ("predictions.fgb", "predictions.pmtiles")}
    stored = {name: {
        "size": head["ContentLength"], "etag": head["ETag"], "content_type": head["ContentType"],
        "last_modified": head["LastModified"].isoformat(),
    } for name, head in heads.items() if head}  # fmt: skip
    owners.answer(HeadResultFile, lambda asked: stored[asked["name"]] if asked["token"] == TOKEN else None)
    owners.answer(
        GetResultFile,
        lambda asked: {"url": storage.presigned(asked["name"]), "expires_in": 900} if asked["token"] == TOKEN else None,
    )
    yield storage
    await storage.remove(await storage.keys(""))


def address_of(http: httpx.AsyncClient, name: str) -> str:
    return f"{http.base_url}/api/v1/predictions/31/results/{name}?token={TOKEN}"


async def test_gdal_opens_the_part_of_a_flatgeobuf_that_lies_in_a_box(http, store):
    address = f"/vsicurl/{address_of(http, 'predictions.fgb')}"
    found = await asyncio.to_thread(raw.read, address, bbox=(1.0, 0, 1.0104, 1))
    shapes = shapely.from_wkb(found[2])
    assert sorted(round(west, 3) for west in shapely.bounds(shapes)[:, 0]) == [
        pytest.approx(1 + n / 1000) for n in range(11)
    ]
    again = await asyncio.to_thread(raw.read, address)
    assert (len(again[2]), again[0]["crs"]) == (COLUMNS * 50, "EPSG:4326")


async def test_pmtiles_are_read_by_ranges_through_the_redirection(http, store):
    address, loaded = address_of(http, "predictions.pmtiles"), []

    def ranges(offset: int, length: int) -> bytes:
        asked = {"range": f"bytes={offset}-{offset + length - 1}"}
        answer = httpx.get(address, headers=asked, follow_redirects=True, timeout=30, trust_env=False)
        assert (answer.status_code, [one.status_code for one in answer.history]) == (206, [302])
        loaded.append(len(answer.content))
        return answer.content

    def tile() -> tuple[bytes | None, dict]:
        reader = Reader(ranges)
        return reader.get(8, 150, 0), reader.metadata()

    assert await asyncio.to_thread(tile) == (tile_of(150), {"name": "Roofs"})
    assert sum(loaded) < len(tiles()) / 10


@pytest.mark.parametrize("name", ["predictions.fgb", "predictions.pmtiles"])
async def test_head_tells_what_get_gives(http, store, name):
    address = address_of(http, name)
    asked, loaded = await http.head(address), await http.get(address, follow_redirects=False)
    async with httpx.AsyncClient(trust_env=False) as client:
        file = await client.get(loaded.headers["location"])
    assert (asked.status_code, int(asked.headers["content-length"])) == (200, len(file.content))
    for told in ("etag", "content-type"):
        assert asked.headers[told] == file.headers[told]
