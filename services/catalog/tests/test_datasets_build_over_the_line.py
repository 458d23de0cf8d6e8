"""A build whose area crosses the antimeridian."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import rasterio
import shapely
from builds import ZOOM, Builder
from PIL import Image
from pmtiles.reader import MemorySource, Reader

from contracts.catalog.labels import CreateLabel
from geo import antimeridian
from imagery import chip_name, intersecting
from kit.storage.object_storage import Storage
from kit.testing import Caller

pytestmark = [pytest.mark.usefixtures("stac"), pytest.mark.timeout(400)]
WEST, EAST, SOUTH, NORTH = 179.999, -179.9991, -16.7009, -16.7001
"""On Taveuni, which lies on both sides."""
AREA = antimeridian.box(WEST, SOUTH, EAST, NORTH)
ROOFS = [shapely.box(179.9993, -16.7004, 179.9994, -16.7003), shapely.box(-179.9994, -16.7006, -179.9993, -16.7005)]


@pytest.fixture
def island(served: Path, files_port: int) -> str:
    """Imagery of both sides, and of nothing else."""
    for tile in intersecting(AREA, ZOOM, 100):
        path = served / "island" / str(tile.z) / str(tile.x) / f"{tile.y}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((64, 64), 90).convert("RGB").save(path)
    return f"http://127.0.0.1:{files_port}/island/{{z}}/{{x}}/{{y}}.png"


async def collection(storage: Storage, key: str) -> list[dict[str, Any]]:
    return httpx.Response(200, content=await storage.get(key)).json()["features"]


async def test_an_area_over_the_antimeridian_is_built_of_both_sides(
    working, builder: Builder, caller: Caller, mapping, storage: Storage, stac, island
):
    outline = shapely.geometry.mapping(shapely.box(WEST, SOUTH, EAST + 360, NORTH))
    aoi_id = await mapping.aoi(outline)
    for roof in ROOFS:
        await caller.send(CreateLabel(aoi_id=aoi_id, geometry=shapely.geometry.mapping(roof)))
    row = await builder.ask(outline, aoi_ids=[aoi_id], label_source="stored", source_imagery=island)
    built = await builder.ended(row["id"])
    assert (built["status"], built["error"]) == ("built", "")
    tiles = intersecting(AREA, ZOOM, 100)
    assert {tile.x for tile in tiles} >= {0, 2**ZOOM - 1}
    for part in ("tiles", "labels"):
        told = built["outcome"][part]
        assert (told["left_out"], told["altered"]) == ([], [])
    assert (built["outcome"]["tiles"]["done"], built["outcome"]["labels"]["done"]) == (len(tiles), 2)
    await check_files(storage, f"datasets/{row['stac_id']}/", {chip_name(tile) for tile in tiles})
    item = await stac.get("datasets", row["stac_id"])
    assert item["bbox"] == pytest.approx([WEST, SOUTH, EAST, NORTH])
    assert shapely.geometry.shape(item["geometry"]).normalize().equals(AREA.normalize())


async def check_files(storage: Storage, home: str, chips: set[str]) -> None:
    keys = await storage.keys(f"{home}chips/")
    assert {key.rpartition("/")[2] for key in keys} == chips
    for key in keys:
        with rasterio.MemoryFile(await storage.get(key)) as memory, memory.open() as chip:
            assert chip.bounds.right - chip.bounds.left < 100
    labels = await collection(storage, f"{home}labels/labels.geojson")
    found = shapely.union_all([shapely.geometry.shape(one["geometry"]) for one in labels])
    assert found.symmetric_difference(shapely.union_all(ROOFS)).area < 1e-12
    [area] = await collection(storage, f"{home}labels/aois.geojson")
    assert shapely.geometry.shape(area["geometry"]).equals(AREA)
    told = Reader(MemorySource(await storage.get(f"{home}labels/meta.pmtiles"))).metadata()
    assert {one["layer"]: one["count"] for one in told["tilestats"]["layers"]} == {"labels": 2, "aois": 1}
