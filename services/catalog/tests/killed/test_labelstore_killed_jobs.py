"""kill -9 of a worker in the middle of an ingest, and of the next one in the middle of an export."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from labelstore_things import LabelStore, box, picture

from contracts.catalog import label_datasets as c
from contracts.catalog.label_image_sets import GetImageSet
from contracts.catalog.label_images import ListImagesOfSet
from kit.app import Service
from kit.storage.object_storage import Storage
from kit.testing import Caller, eventually

Start = Callable[[str], Awaitable[asyncio.subprocess.Process]]
LIMIT = 180
"""Seconds; a job whose worker was killed is delivered again after 22 of them."""


@pytest.fixture
async def worker() -> AsyncIterator[Start]:
    """Starts a worker that is killed at a failpoint; what is left is stopped at the end."""
    started: list[asyncio.subprocess.Process] = []

    async def start(failpoint: str) -> asyncio.subprocess.Process:
        env = {**os.environ, "HTTP__PORT": "0", "FAIRWAY_FAILPOINTS": failpoint}
        started.append(await asyncio.create_subprocess_exec(sys.executable, "-m", "catalog", "worker", env=env))
        return started[-1]

    yield start
    for process in started:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@pytest.mark.timeout(5 * LIMIT)
async def test_killed_workers_leave_whole_sets_and_datasets(
    running: Service, caller: Caller, stac: Any, worker: Start
):  # fmt: skip
    storage = next(adapter for adapter in running.provides if isinstance(adapter, Storage))
    labels = LabelStore(caller, storage)
    row = await labels.image_set({f"{n}.png": picture(n) for n in range(5)})
    await labels.finish(row["imageset_id"])
    first = await worker("ingest.copied")
    assert await asyncio.wait_for(first.wait(), LIMIT) == -9
    second = await worker("export.uploaded")
    ingest = (await eventually(lambda: _done(labels, row["imageset_id"]), LIMIT))["ingest"]
    assert (ingest["state"], ingest["files_registered"]) == ("done", 5)
    images = (await labels.ask(ListImagesOfSet(imageset_id=row["imageset_id"])))["results"]
    number, party = await labels.campaign([one["image_id"] for one in images])
    await labels.done(labels.submission(number, {one["image_id"]: [box()] for one in images}), party)
    await labels.move(number, "finished")
    assert await asyncio.wait_for(second.wait(), LIMIT) == -9
    await worker("")
    dataset = await eventually(lambda: _registered(labels, number), LIMIT)
    assert (dataset["state"], dataset["image_count"], dataset["object_count"]) == ("done", 5, 5)


async def _done(labels: LabelStore, imageset_id: int) -> Any:
    row = await labels.ask(GetImageSet(imageset_id=imageset_id))
    return row if row["ingest"]["state"] in ("done", "failed") else None


async def _registered(labels: LabelStore, campaign: int) -> Any:
    found = (await labels.ask(c.ListLabelDatasets(campaign_id=campaign)))["results"]
    return next((one for one in found if one["state"] in ("done", "failed")), None)
