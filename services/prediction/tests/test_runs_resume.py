"""What is finished of an inference is not done again, whoever dies; and nothing of it is left in the end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from prediction_values import facts_of, same_image, submission
from sqlalchemy import select

from contracts.catalog.models import BaseModelRegistered
from contracts.prediction import CancelRun, CleanUpJob, GetPrediction, PredictionJob, RetryPrediction
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, MAPPER, Caller, eventually
from prediction.main import build_worker
from prediction.projections.tables import KnownModel
from prediction.runs.jobs import driver as driving
from prediction.runs.jobs.context import WorkerContext
from prediction.runs.jobs.handlers import clean_up

pytestmark = pytest.mark.timeout(400)  # each waits up to four times, and a killed run is taken again after 30 s
PATIENCE = 110.0
BLOCKS, ENOUGH = 25, 4
"""Blocks of the 16 tiles; finished portions, of two blocks each, that make a run half done."""
LOST = 4
"""Looks that a killed run may have taken for nothing: two blocks of an unfinished portion, two ahead."""


@dataclass
class Place:
    caller: Caller
    storage: Storage
    folder: Path
    submit: Callable
    undisturbed: bytes = b""

    async def begin(self, **params: float) -> int:
        (self.folder / "looks").unlink(missing_ok=True)
        return (await self.caller.send(self.submit(**params))).result["id"]

    def looks(self) -> list[str]:
        file = self.folder / "looks"
        return file.read_text().split() if file.exists() else []

    async def row(self, number: int) -> dict:
        return await self.caller.ask(GetPrediction(prediction_id=number))

    async def until(self, number: int, *statuses: str) -> dict:
        async def look() -> dict | None:
            row = await self.row(number)
            ready = row["results_ready"] or row["status"] != "completed"
            return row if row["status"] in statuses and ready else None

        return await eventually(look, PATIENCE)

    async def parts(self, number: int) -> list[str]:
        return await self.storage.keys(f"predict/{number}/parts/")

    async def half_done(self, number: int) -> int:
        """How many portions there are by then."""

        async def look() -> int | None:
            count = len(await self.parts(number))
            return count if count >= ENOUGH else None

        return await eventually(look, PATIENCE)

    async def nothing_left(self, number: int, output: bool) -> None:
        async def look() -> bool:
            there = await self.storage.keys(f"predict/{number}/output/")
            return not await self.parts(number) and bool(there) == output

        await eventually(look, PATIENCE)

    async def result(self, number: int) -> bytes:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get((await self.row(number))["assets"]["geojson"])).raise_for_status().content


@pytest.fixture(scope="module")
async def place(running, caller: Caller, model, storage, room, tiles_url, village) -> Place:
    await storage.put("same.onnx", same_image())
    facts = facts_of("blocks", onnx_uri=storage.uri("same.onnx"), entrypoint="models.blocks.pipeline:predict")
    await caller.publish(
        BaseModelRegistered(model_id=7, name="blocks", user_id=ADMIN.id, visibility="public", facts=facts), ADMIN
    )

    async def known() -> bool:
        async with running.db.session() as session:
            return bool(await session.scalar(select(KnownModel.model_id).where(KnownModel.stac_item_id == "blocks")))

    await eventually(known)

    def submit(**params: float):
        asked = {"confidence_threshold": 0.45, **params}
        return submission(tiles_url, village, model_stac_id="blocks", params=asked)

    return Place(caller, storage, Path(room.environment["TOY_FOLDER"]), submit)


@pytest.fixture
async def undisturbed(place: Place, worker) -> bytes:
    """The result of a run that nobody disturbs; made once."""
    if not place.undisturbed:
        number = await place.begin()
        await place.until(number, "completed")
        assert len(place.looks()) == BLOCKS
        place.undisturbed = await place.result(number)
        assert place.undisturbed.count(b'"Feature"') > 50
    return place.undisturbed


async def test_killed_run_fails_and_a_retry_goes_on_from_there(place: Place, undisturbed, worker):
    number = await place.begin(sleep=0.4)
    await place.half_done(number)
    (await eventually(worker.run, PATIENCE)).kill()
    await place.until(number, "failed")
    before, kept = len(place.looks()), len(await place.parts(number))
    assert kept >= ENOUGH
    await place.caller.send(RetryPrediction(prediction_id=number))
    await place.until(number, "completed")
    assert await place.result(number) == undisturbed
    assert 0 < len(place.looks()) - before <= BLOCKS - 2 * kept
    await place.nothing_left(number, output=True)


async def test_stopped_prediction_leaves_nothing_and_begins_anew(place: Place, undisturbed, worker):
    number = await place.begin(sleep=0.4)
    await place.half_done(number)
    run = await eventually(worker.run, PATIENCE)
    await place.caller.send(CancelRun(prediction_id=number))
    await place.until(number, "stopped")
    assert not run.is_running() or run.status() == psutil.STATUS_ZOMBIE, "ended, if not yet buried"
    await place.nothing_left(number, output=False)
    before = len(place.looks())
    await place.caller.send(RetryPrediction(prediction_id=number))
    await place.until(number, "completed")
    assert await place.result(number) == undisturbed
    assert len(place.looks()) - before == BLOCKS


async def test_killed_worker_is_resumed_where_it_was(place: Place, undisturbed, worker, start_worker):
    """kill -9 in the middle of the inference."""
    number = await place.begin(sleep=0.4)
    finished = await place.half_done(number)
    worker.kill()
    before = len(place.looks())
    start_worker()
    await place.until(number, "completed")
    looks = place.looks()
    assert await place.result(number) == undisturbed
    assert len(set(looks)) == BLOCKS
    assert len(looks) <= BLOCKS + LOST
    assert len(looks) - before <= BLOCKS - 2 * finished
    await place.nothing_left(number, output=True)


async def test_results_that_nobody_wants_any_more_are_stopped(
    place: Place, running, settings, without_workers, monkeypatch
):
    """The run has completed; a half of its results is there."""
    tools = next(one for one in build_worker(settings).provides if isinstance(one, WorkerContext))
    number = await place.begin()
    writing = asyncio.Event()

    async def slow(row, *_) -> None:
        await tools.storage.put(f"predict/{row.id}/output/predictions.geojson", b"half")
        writing.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(driving, "publish_results", slow)
    async with running.db.raw() as connection:
        await connection.execute(f"update predictions set status = 'completed' where id = {number}")
    work = asyncio.create_task(
        driving.drive(*handed(running, PredictionJob, number, attempt=1, user_id=MAPPER.id), tools)
    )
    await asyncio.wait_for(writing.wait(), 20)
    assert (await place.caller.send(CancelRun(prediction_id=number))).result["status"] == "stopped"
    await asyncio.wait_for(work, 5)
    await clean_up(*handed(running, CleanUpJob, number, attempt=1), tools)
    assert (await place.row(number))["status"] == "stopped"
    await place.nothing_left(number, output=False)


async def test_retry_that_comes_first_keeps_what_is_finished(place: Place, running, settings, without_workers):
    tools = next(one for one in build_worker(settings).provides if isinstance(one, WorkerContext))
    number = await place.begin()
    await tools.storage.put(f"predict/{number}/parts/one", b"finished")
    await clean_up(*handed(running, CleanUpJob, number, attempt=1), tools)
    assert len(await place.parts(number)) == 1
    async with running.db.raw() as connection:
        await connection.execute(f"update predictions set status = 'stopped', attempt = 2 where id = {number}")
    await clean_up(*handed(running, CleanUpJob, number, attempt=1), tools)
    assert len(await place.parts(number)) == 1
    await clean_up(*handed(running, CleanUpJob, number, attempt=2), tools)
    assert await place.parts(number) == []


def handed(running, kind: type, number: int, **values) -> tuple:
    """A job and its context, as a worker gets them."""
    job = kind(prediction_id=number, **values)
    envelope = opened(job.model_dump_json().encode(), headers_of(job, "prediction", MAPPER, new_id()))
    return job, JobContext(envelope, running.db, running.bus, running.relay, "prediction", 1)
