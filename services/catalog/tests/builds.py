"""What tests of dataset builds share: a place with imagery, and somebody who asks for builds of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import shapely
from PIL import Image

from catalog.stac.client import StacClient
from contracts.catalog.datasets import BuildDataset, DeleteDataset, GetDataset
from imagery import intersecting
from kit.storage.object_storage import Storage
from kit.testing import Caller, eventually

ZOOM = 19
LIMIT = 120.0


@pytest.fixture(scope="session")
def place(third_parties: dict[str, str]) -> shapely.Polygon:
    """What the sandbox's training set shows."""
    about = httpx.get(f"{third_parties['tiles']}/train/tilejson.json", trust_env=False).json()
    return shapely.box(*about["bounds"])


@pytest.fixture(scope="session")
def tiles(served: Path, files_port: int, place: shapely.Polygon) -> str:
    """Small pictures of that place as plain files, because drawing the sandbox's takes its time."""
    for tile in intersecting(place, ZOOM, 100):
        pixels = np.random.default_rng(tile.x * tile.y).integers(0, 255, (64, 64, 3), np.uint8)
        path = served / "tiles" / str(tile.z) / str(tile.x) / f"{tile.y}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return f"http://127.0.0.1:{files_port}/tiles/{{z}}/{{x}}/{{y}}.png"


class Builder:
    """Asks for builds of the village and follows them."""

    def __init__(self, caller: Caller, mapping: Any, tiles: str, place: shapely.Polygon) -> None:
        self.caller, self.mapping, self.tiles, self.place = caller, mapping, tiles, place
        self.made: list[dict[str, Any]] = []

    def part(self, west: float, east: float) -> dict[str, Any]:
        """A strip of the place, in shares of its width."""
        x0, y0, x1, y1 = self.place.bounds
        return shapely.geometry.mapping(shapely.box(x0 + west * (x1 - x0), y0, x0 + east * (x1 - x0), y1))

    async def ask(self, *areas: dict[str, Any], **change: Any) -> dict[str, Any]:
        aoi_ids = [await self.mapping.aoi(area) for area in areas or (self.part(0, 1),)]
        request = {
            "title": "Village", "description": "A village", "source_imagery": self.tiles,
            "category": "buildings", "zoom": ZOOM, "label_tasks": ["semantic-segmentation"],
            "keywords": ["building", "polygon"], "label_classes": [{"name": "building", "classes": ["*"]}],
            "geometry_type": "polygon", "aoi_ids": aoi_ids,
        }  # fmt: skip
        verdict = await self.caller.send(BuildDataset.model_validate(request | change))
        self.made.append(verdict.result)
        return verdict.result

    async def row(self, dataset_id: int, **more: Any) -> dict[str, Any]:
        return await self.caller.ask(GetDataset(dataset_id=dataset_id, **more))

    async def ended(self, dataset_id: int, limit: float = LIMIT) -> dict[str, Any]:
        async def there() -> dict[str, Any] | None:
            row = await self.row(dataset_id)
            return row if row["status"] in ("built", "failed") else None

        return await eventually(there, limit)


@pytest.fixture
async def builder(
    caller: Caller, mapping: Any, tiles: str, place: shapely.Polygon, stac: StacClient, storage: Storage
) -> AsyncIterator[Builder]:
    """Takes what it made out of the shared store and catalogue again."""
    made = Builder(caller, mapping, tiles, place)
    yield made
    for row in made.made:
        await caller.send(DeleteDataset(dataset_id=row["id"]))
        await eventually(lambda stac_id=row["stac_id"]: swept(stac_id, stac, storage), LIMIT)


async def swept(stac_id: str, stac: StacClient, storage: Storage) -> bool:
    return not await storage.keys(f"datasets/{stac_id}/") and await stac.get("datasets", stac_id) is None
