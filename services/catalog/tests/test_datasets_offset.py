"""Imagery that lies beside the map: labels are moved onto what it shows."""

from pathlib import Path
from typing import Any

import httpx
import morecantile
import numpy as np
import pyproj
import pytest
import rasterio
import rasterio.features
import shapely
from builds import ZOOM, Builder
from PIL import Image

from catalog.datasets.offset import DEGREE, move, reverse
from contracts.catalog.areas import CreateAoi
from contracts.catalog.datasets import BuildDraft, ChangeDataset, CreateDataset, LabelClass
from contracts.catalog.labels import CreateLabel
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, STRANGER, Caller

GRID = morecantile.tms.get("WebMercatorQuad")
OFFSET = (12.0, -7.5)
SIDE = 256
WORLD = pyproj.Geod(a=6_378_137, b=6_378_137)
WORDS: dict[str, Any] = {
    "description": "d", "label_tasks": ["semantic-segmentation"], "keywords": ["building", "polygon"],
    "label_classes": [LabelClass(name="building", classes=["*"])], "geometry_type": "polygon",
}  # fmt: skip


def walked(shape: shapely.Polygon, east: float, north: float) -> shapely.Polygon:
    """Each vertex as somebody with a measuring tape would move it."""
    places = np.asarray(shape.exterior.coords)
    lon, lat, _ = WORLD.fwd(places[:, 0], places[:, 1], [90] * len(places), [east] * len(places))
    lon, lat, _ = WORLD.fwd(lon, lat, [0] * len(places), [north] * len(places))
    return shapely.Polygon(np.column_stack([lon, lat]))


@pytest.mark.parametrize("latitude", [-65.0, 0.0, 27.6])
def test_metres_are_metres_at_any_latitude(latitude: float):
    house = shapely.box(85.5, latitude, 85.5001, latitude + 0.0001)
    there = move(house, OFFSET)
    assert np.allclose(there.exterior.coords, walked(house, *OFFSET).exterior.coords, atol=0.01 / DEGREE)
    assert np.allclose(move(there, reverse(OFFSET)).exterior.coords, house.exterior.coords, atol=1e-9)


def test_neighbours_keep_their_common_wall():
    left, right = shapely.box(85, 60, 85.0001, 60.0001), shapely.box(85.0001, 60, 85.0002, 60.0001)
    assert move(left, OFFSET).intersection(move(right, OFFSET)).area == 0
    assert move(left, OFFSET).touches(move(right, OFFSET))


@pytest.fixture
def tile(place: shapely.Polygon) -> morecantile.Tile:
    return GRID.tile(place.centroid.x, place.centroid.y, ZOOM)


@pytest.fixture
def houses(tile: morecantile.Tile) -> list[shapely.Polygon]:
    """Where the map has them, so that they stay within the tile when they are moved."""
    west, south, east, north = GRID.bounds(tile)
    width, height = east - west, north - south
    corners = [(0.1, 0.4), (0.3, 0.6), (0.45, 0.35)]
    return [
        shapely.box(west + x * width, south + y * height, west + (x + 0.12) * width, south + (y + 0.12) * height)
        for x, y in corners
    ]


def mask(shapes: list[Any], tile: morecantile.Tile) -> np.ndarray:
    """True where the shapes, in lon/lat, are in the picture of the tile."""
    project = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform
    flat = [shapely.transform(shape, lambda x, y: project(x, y), interleaved=False) for shape in shapes]
    grid = rasterio.transform.from_bounds(*GRID.xy_bounds(tile), SIDE, SIDE)
    return rasterio.features.rasterize(flat, (SIDE, SIDE), transform=grid).astype(bool)


@pytest.fixture
def imagery(served: Path, files_port: int, tile: morecantile.Tile, houses: list[shapely.Polygon]) -> str:
    """White roofs on black ground, OFFSET away from where the map has the houses."""
    roofs = mask([walked(house, *OFFSET) for house in houses], tile)
    path = served / "beside" / str(tile.z) / str(tile.x) / f"{tile.y}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.repeat(roofs[:, :, None] * np.uint8(255), 3, axis=2)).save(path)
    return f"http://127.0.0.1:{files_port}/beside/{{z}}/{{x}}/{{y}}.png"


async def drafted(caller: Caller, imagery: str, area: shapely.Polygon) -> tuple[int, int]:
    dataset = (await caller.send(CreateDataset(title="Beside", source_imagery=imagery))).result["id"]
    aoi = await caller.send(CreateAoi(geometry=shapely.geometry.mapping(area), dataset=dataset))
    return dataset, aoi.result["properties"]["id"]


async def built(builder: Builder, dataset: int, **more: Any) -> dict[str, Any]:
    verdict = await builder.caller.send(BuildDraft(dataset_id=dataset, zoom=ZOOM, **WORDS, **more))
    builder.made.append(verdict.result)
    row = await builder.ended(dataset)
    assert row["error"] == ""
    return row


async def labels_of(storage: Storage, stac_id: str) -> list[Any]:
    content = await storage.get(f"datasets/{stac_id}/labels/labels.geojson")
    return [shapely.geometry.shape(one["geometry"]) for one in httpx.Response(200, content=content).json()["features"]]


@pytest.mark.usefixtures("working", "stac")
@pytest.mark.timeout(400)
@pytest.mark.spec("22.3", "offset")
async def test_labels_of_a_build_lie_on_the_roofs(
    builder: Builder, caller: Caller, storage: Storage, stac: Any, tile: morecantile.Tile, imagery: str,
    houses: list[shapely.Polygon],
):  # fmt: skip
    dataset, aoi = await drafted(caller, imagery, shapely.box(*GRID.bounds(tile)).buffer(-1e-6))
    for house in houses:
        await caller.send(CreateLabel(aoi_id=aoi, geometry=shapely.geometry.mapping(house), tags={"building": "yes"}))
    await caller.send(ChangeDataset(dataset_id=dataset, offset=OFFSET))
    row = await built(builder, dataset, label_source="stored")

    [key] = await storage.keys(f"datasets/{row['stac_id']}/chips/")
    with rasterio.MemoryFile(await storage.get(key)) as memory, memory.open() as chip:
        assert chip.bounds == pytest.approx(GRID.xy_bounds(tile))
        white = chip.read(1) > 127
    labelled = mask(await labels_of(storage, row["stac_id"]), tile)
    assert labelled.sum() > 2000
    assert (white & labelled).sum() / (white | labelled).sum() > 0.97
    unmoved = mask(houses, tile)
    assert (white & unmoved).sum() / (white | unmoved).sum() < 0.2
    assert (await stac.get("datasets", row["stac_id"]))["properties"]["fair:label_offset"] == list(OFFSET)

    assert (await caller.send(ChangeDataset(dataset_id=dataset, offset=(0, 0)))).code == "already_built"
    assert (await caller.send(ChangeDataset(dataset_id=dataset, offset=OFFSET))).http == 200


@pytest.mark.usefixtures("working", "stac")
@pytest.mark.timeout(400)
async def test_openstreetmap_is_asked_for_the_ground_in_the_picture(
    builder: Builder, caller: Caller, storage: Storage, place: shapely.Polygon
):
    """A house that the map has outside the area, and the imagery inside, is a label."""
    area = shapely.geometry.shape(builder.part(0.4, 0.6))
    far = (60.0, 0.0)
    kept = []
    for offset in (far, (0.0, 0.0)):
        dataset, _ = await drafted(caller, builder.tiles, area)
        await caller.send(ChangeDataset(dataset_id=dataset, offset=offset))
        kept.append(await labels_of(storage, (await built(builder, dataset))["stac_id"]))
    shifted, plain = kept
    assert all(shape.intersects(area) for shape in shifted)
    ground = [move(shape, reverse(far)) for shape in shifted]
    inside = [shape for shape in ground if not any(shape.centroid.distance(one.centroid) < 1e-7 for one in plain)]
    assert inside, "only what lies within the area of the map was fetched"


@pytest.mark.spec("22.3", "any login may PATCH offset")
async def test_anybody_who_sees_a_dataset_corrects_its_offset_and_nothing_else(caller: Caller, mapping: Any):
    private, public = await mapping.draft(), await mapping.draft("public")
    changed = await caller.send(ChangeDataset(dataset_id=public, offset=(3, 4)), STRANGER)
    assert (changed.http, changed.result["offset"], changed.result["title"]) == (200, [3, 4], "Draft")
    assert (await caller.send(ChangeDataset(dataset_id=public, offset=(3, 5), title="x"), STRANGER)).code == "not_yours"
    assert (await caller.send(ChangeDataset(dataset_id=private, offset=(3, 5)), STRANGER)).code == "dataset_not_found"
    assert (await caller.send(ChangeDataset(dataset_id=private, offset=(3, 5)), ADMIN)).http == 200
    far = await caller.send(ChangeDataset(dataset_id=public, offset=(0, 1001)), STRANGER)
    assert list(far.facts) == ["offset"]
