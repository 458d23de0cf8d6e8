"""One delivery of a job, in this process: what it leaves to the next."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PIL import Image
from prediction_values import submission
from sqlalchemy import text

from contracts.prediction import CancelRun, GetPrediction, PredictionJob
from contracts.shared import Outcome
from imagery import intersecting
from kit.http.outbound import Outbound
from kit.jobs.context import JobContext
from kit.messaging.delivery.failures import WorkerShutdown
from kit.messaging.envelope import headers_of, new_id, opened
from kit.testing import MAPPER, Caller, eventually
from prediction.main import build_worker
from prediction.runs.domain import region_of
from prediction.runs.jobs.context import WorkerContext
from prediction.runs.jobs.driver import drive
from prediction.runs.jobs.errors import RetryLater
from prediction.runs.jobs.staging import stage
from prediction.runs.jobs.work_dir_cleanup import clean_work_dir
from prediction.runs.tables import PredictionRow


@pytest.fixture(scope="module")
async def tools(settings, running, model) -> AsyncIterator[WorkerContext]:
    ours = next(one for one in build_worker(settings).provides if isinstance(one, WorkerContext))
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
    with pytest.raises(WorkerShutdown if asked else asyncio.CancelledError):
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

    for tile in intersecting(region, 19, 16)[:3]:
        await tools.storage.put(f"predict/1/input/OAM-{tile.x}-{tile.y}-19.tif", b"there")
    assert (await stage(row, region, tools, progress, last=True)).done == 3
    row.image_uri = f"{tiles_url}/predict/tilejson.json"
    assert await stage(row, region, tools, progress, last=False) == Outcome.of(16)
    assert told[-1] == ("staging", 16, 16)
    assert min(done for _, done, _ in told) == 4
    assert len(await tools.storage.keys("predict/1/input/")) == 16


class BusyServer:
    """Gives the pictures of `plenty` requests, then asks everybody for a pause of `pause` seconds."""

    def __init__(self, plenty: int, pause: int) -> None:
        self.plenty, self.pause = plenty, pause

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.plenty -= 1
        picture = io.BytesIO()
        Image.new("RGB", (256, 256), (90, 120, 60)).save(picture, "PNG")
        status, body = ("200 OK", picture.getvalue()) if self.plenty >= 0 else ("429 Too Many Requests", b"")
        head = f"HTTP/1.1 {status}\r\nretry-after: {self.pause}\r\ncontent-length: {len(body)}\r\nconnection: close"
        writer.write(f"{head}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest.mark.parametrize("plenty", [0, 5])
async def test_busy_imagery_is_left_alone_for_the_pause_it_asks_for(tools, tiles_url, village, plenty):
    """By the next delivery, which goes on with the tiles that are there; the last one does with those."""
    region = region_of(submission(tiles_url, village).geometry)

    async def progress(*_: object) -> None:
        pass

    async with BusyServer(plenty, 300) as host:
        row = PredictionRow(id=20 + plenty, zoom=19, image_uri=f"http://{host}/{{z}}/{{x}}/{{y}}.png")
        busy = replace(tools, outbound=Outbound(host))
        with pytest.raises(RetryLater) as later:
            await stage(row, region, busy, progress, last=False)
        assert later.value.retry_after == 300
        if plenty:
            outcome = await stage(row, region, busy, progress, last=True)
            assert (outcome.wanted, outcome.done, [one.count for one in outcome.left_out]) == (16, 5, [11])
    assert len(await tools.storage.keys(f"predict/{row.id}/input/")) == plenty


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
    clean_work_dir(tmp_path)
    assert [path.exists() for path in paths] == [False, True, False, True]
