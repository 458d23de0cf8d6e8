"""kill -9 of a worker in the middle of an ingest, and of the next one in the middle of an export."""

import asyncio
import os
import sys
from typing import Any

import pytest
from labelstore_things import LabelStore, box, picture

from contracts.catalog import label_datasets as c
from contracts.catalog.label_image_sets import GetImageSet
from contracts.catalog.label_images import ListImagesOfSet
from kit.app import Service
from kit.storage.object_storage import Storage
from kit.testing import Caller, eventually


async def worker(failpoint: str = "") -> asyncio.subprocess.Process:
    env = {**os.environ, "HTTP__PORT": "0", "FAIRWAY_FAILPOINTS": failpoint}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "catalog", "worker", env=env)


@pytest.mark.timeout(300)
async def test_killed_workers_leave_whole_sets_and_datasets(running: Service, caller: Caller, stac: Any):
    storage = next(adapter for adapter in running.provides if isinstance(adapter, Storage))
    labels = LabelStore(caller, storage)
    row = await labels.image_set({f"{n}.png": picture(n) for n in range(5)})
    await labels.finish(row["imageset_id"])
    first = await worker("ingest.copied")
    assert await asyncio.wait_for(first.wait(), 60) == -9
    second = await worker("export.uploaded")
    ingest = (await eventually(lambda: _done(labels, row["imageset_id"]), 120))["ingest"]
    assert (ingest["state"], ingest["files_registered"]) == ("done", 5)
    images = (await labels.ask(ListImagesOfSet(imageset_id=row["imageset_id"])))["results"]
    number, party = await labels.campaign([one["image_id"] for one in images])
    await labels.done(labels.submission(number, {one["image_id"]: [box()] for one in images}), party)
    await labels.move(number, "finished")
    assert await asyncio.wait_for(second.wait(), 60) == -9
    third = await worker()
    try:
        dataset = await eventually(lambda: _registered(labels, number), 120)
    finally:
        third.terminate()
        await third.wait()
    assert (dataset["state"], dataset["image_count"], dataset["object_count"]) == ("done", 5, 5)


async def _done(labels: LabelStore, imageset_id: int) -> Any:
    row = await labels.ask(GetImageSet(imageset_id=imageset_id))
    return row if row["ingest"]["state"] in ("done", "failed") else None


async def _registered(labels: LabelStore, campaign: int) -> Any:
    found = (await labels.ask(c.ListLabelDatasets(campaign_id=campaign)))["results"]
    return next((one for one in found if one["state"] in ("done", "failed")), None)
