"""One delivery of a job, in this process: what it leaves to the next."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from prediction_values import submission
from sqlalchemy import text

from contracts.prediction import CancelRun, GetPrediction, PredictionJob
from imagery import within
from kit.jobs import Closing, JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.testing import MAPPER, Caller, eventually
from prediction.main import build_worker
from prediction.runs.domain import region_of
from prediction.runs.drive import drive
from prediction.runs.ports import Tools
from prediction.runs.staging import stage
from prediction.runs.tables import PredictionRow
from prediction.runs.tidy import tidy


@pytest.fixture(scope="module")
async def tools(settings, running, model) -> AsyncIterator[Tools]:
    ours = next(one for one in build_worker(settings).provides if isinstance(one, Tools))
    await ours.start()
    yield ours
    await ours.stop()


def context(running, job: PredictionJob, delivery: int = 1) -> JobContext:
    envelope = opened(job.model_dump_json().encode(), headers_of(job, "prediction", MAPPER, new_id()))
    return JobContext(envelope, running.db, running.bus, running.relay, "prediction", delivery)


async def job_of(caller: Caller, command) -> PredictionJob:
    prediction_id = (await caller.send(command)).result["id"]
    return PredictionJob(prediction_id=prediction_id, attempt=1, user_id=MAPPER.id)


async def columns(running, job: PredictionJob, *names: str) -> tuple:
    async with running.db.session() as session:
        sql = f"select {', '.join(names)} from predictions where id = {job.prediction_id}"
        return tuple((await session.execute(text(sql))).one())


@pytest.mark.parametrize("asked", [True, False])
async def test_delivery_hands_over_when_its_worker_ends(running, caller: Caller, tools, tiles_url, village, asked):
    """Asked to, or cancelled in the end: the next delivery begins anew at once, and no try is used up."""
    job = await job_of(caller, submission(tiles_url, village, params={"sleep": 30.0}))
    ctx = context(running, job)
    work = asyncio.create_task(drive(job, ctx, tools))

    async def is_running() -> bool:
        return await columns(running, job, "status") == ("running",)

    await eventually(is_running, 60)
    if asked:
        ctx.closing.set()
    else:
        work.cancel()
    with pytest.raises(Closing if asked else asyncio.CancelledError):
        await asyncio.wait_for(work, 20)
    assert await columns(running, job, "status", "attempt", "first_attempt") == ("initializing", 2, 2)
    assert await columns(running, job, "started_at") == (None,)
    assert (await caller.send(CancelRun(prediction_id=job.prediction_id))).result["status"] == "stopped"
    await drive(job, context(running, job, 2), tools)
    assert await columns(running, job, "status", "attempt") == ("stopped", 2)


async def test_held_row_is_left_to_its_holder(running, caller: Caller, tools, tiles_url, village, monkeypatch):
    job = await job_of(caller, submission(tiles_url, village))
    async with running.db.session() as session:
        held = "update predictions set started_at = now(), touched_at = now() + interval '1 hour'"
        await session.execute(text(f"{held} where id = {job.prediction_id}"))
        await session.commit()
    work = asyncio.create_task(drive(job, context(running, job), tools))
    done, _ = await asyncio.wait({work}, timeout=2)
    assert not done
    work.cancel()
    assert await columns(running, job, "attempt", "status") == (1, "initializing")


async def test_imagery_that_is_there_is_not_fetched_again(caller: Caller, tools, tiles_url, village):
    region = region_of(submission(tiles_url, village).geometry)
    row = PredictionRow(id=1, zoom=19, image_uri="https://gone.example.org/{z}/{x}/{y}")
    told: list[tuple[str, int, int]] = []

    async def progress(*what) -> None:
        told.append(what)

    for tile in within(region, 19, 16)[:3]:
        await tools.storage.put(f"predict/1/input/OAM-{tile.x}-{tile.y}-19.tif", b"there")
    assert await stage(row, region, tools, progress) == 3
    row.image_uri = f"{tiles_url}/predict/tilejson.json"
    assert await stage(row, region, tools, progress) == 16
    assert told[-1] == ("staging", 16, 16)
    assert min(done for _, done, _ in told) == 4
    assert len(await tools.storage.keys("predict/1/input/")) == 16


async def test_dead_imagery_is_a_failure_on_the_last_delivery(running, caller: Caller, tools, tiles_url, village):
    command = submission(tiles_url, village)
    job = await job_of(caller, command)
    async with running.db.session() as session:
        gone = "update predictions set image_uri = 'https://gone.invalid/{z}/{x}/{y}' where id = " + str(
            job.prediction_id
        )
        await session.execute(text(gone))
        await session.commit()
    for delivery in (1, 2, 3):
        with pytest.raises(Exception, match="host name"):
            await drive(job, context(running, job, delivery), tools)
        row = await caller.ask(GetPrediction(prediction_id=job.prediction_id))
        assert row["status"] == ("failed" if delivery == 3 else "initializing")
    assert "host name of this address cannot be found" in row["error"]


def test_old_files_are_removed_and_young_ones_stay(tmp_path):
    paths = [tmp_path / name for name in ("run-p1-1", "run-p2-1", "cache/objects/old", "cache/objects/young")]
    for path in paths:
        path.mkdir(parents=True)
    for path in (paths[0], paths[2]):
        os.utime(path, (0, 0))
    tidy(tmp_path)
    assert [path.exists() for path in paths] == [False, True, False, True]
