"""A build that could not have every tile says so wherever it is looked at."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import shapely
from builds import ZOOM, Builder

from contracts.catalog.datasets import DatasetBuilt
from imagery import intersecting
from kit.testing import eventually

pytestmark = [pytest.mark.usefixtures("stac"), pytest.mark.timeout(400)]


@pytest.fixture
def holes(served: Path, builder: Builder, files_port: int) -> tuple[str, list]:
    """Imagery of which one tile is not there, one is a web page, and one is cut off; and all tiles of the area."""
    tiles = intersecting(shapely.geometry.shape(builder.part(0, 0.5)), ZOOM, 100)
    for number, tile in enumerate(tiles):
        picture = (served / "tiles" / str(tile.z) / str(tile.x) / f"{tile.y}.png").read_bytes()
        path = served / "holes" / str(tile.z) / str(tile.x) / f"{tile.y}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if number:
            path.write_bytes({1: b"<!doctype html><p>Sign in", 2: picture[:300]}.get(number, picture))
    return f"http://127.0.0.1:{files_port}/holes/{{z}}/{{x}}/{{y}}.png", tiles


async def test_tiles_that_are_left_out_are_counted_with_their_reasons(running, working, builder, holes, stac):
    template, tiles = holes
    facts: list[DatasetBuilt] = []

    async def fact(msg: Any) -> None:
        facts.append(DatasetBuilt.model_validate_json(msg.data))

    listening = await running.nc.subscribe(DatasetBuilt.subject(), cb=fact)
    row = await builder.ask(builder.part(0, 0.5), source_imagery=template)
    built = await builder.ended(row["id"])
    told = built["outcome"]["tiles"]
    assert (told["wanted"], told["done"]) == (len(tiles), len(tiles) - 3)
    reasons = {one["reason"]: one["examples"] for one in told["left_out"]}
    assert [
        any(words in reason for reason in reasons) for words in ("HTTP 404", "A web page came", "not a readable")
    ] == [True] * 3
    assert sorted(name for names in reasons.values() for name in names) == sorted(
        f"tile {t.z}/{t.x}/{t.y}" for t in tiles[:3]
    )
    assert built["outcome"]["labels"]["done"] > 0
    [ours] = await eventually(lambda: [one for one in facts if one.dataset_id == row["id"]])
    assert ours.model_dump(mode="json")["outcome"] == built["outcome"]
    await listening.unsubscribe()
    assert (await stac.get("datasets", row["stac_id"]))["properties"]["fair:outcome"] == built["outcome"]


async def test_reasons_of_an_earlier_delivery_do_not_vanish(working, builder, holes, served, caller):
    """A tile that was missing is asked for again by the next build; one that is still missing is told again."""
    template, tiles = holes
    row = await builder.ask(
        builder.part(0, 0.5), source_imagery=template, label_classes=[{"name": "aeroway", "classes": ["runway"]}]
    )
    assert "No label found" in (await builder.ended(row["id"]))["error"]
    first = tiles[0]
    found = await asyncio.to_thread((served / "tiles" / str(first.z) / str(first.x) / f"{first.y}.png").read_bytes)
    await asyncio.to_thread((served / "holes" / str(first.z) / str(first.x) / f"{first.y}.png").write_bytes, found)
    from test_datasets_build import mend

    from contracts.catalog.datasets import RebuildDataset

    await mend(working, row["id"])
    await caller.send(RebuildDataset(dataset_id=row["id"]))
    told = (await builder.ended(row["id"]))["outcome"]["tiles"]
    assert (told["wanted"], told["done"]) == (len(tiles), len(tiles) - 2)
    assert sum(one["count"] for one in told["left_out"]) == 2
