"""The object store is away for a while: what an inference found is not lost, and nobody has to wait in silence."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from nats.aio.msg import Msg
from prediction_values import submission

from contracts.prediction import CancelRun, GetPrediction, PredictionJob, RunProgress
from contracts.shared import Outcome
from kit.errors import Unavailable
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.storage.object_storage import Storage
from kit.testing import MAPPER, Caller, eventually
from prediction.main import build_worker
from prediction.runs.domain import region_of
from prediction.runs.jobs import publish_results
from prediction.runs.jobs.context import WorkerContext
from prediction.runs.jobs.driver import drive
from prediction.runs.jobs.staging import stage
from prediction.runs.tables import PredictionRow
from stack.line import Line, line_to


class Noting(Storage):
    """`stumbled` is set when the store was asked in vain, after all that its client does by itself."""

    stumbled = asyncio.Event()

    async def _asked(self, *what):
        try:
            return await super()._asked(*what)
        except Unavailable:
            self.stumbled.set()
            raise


@dataclass
class Place:
    """A prediction whose inference has completed, and a line to the object store that its worker goes through."""

    running: object
    caller: Caller
    tools: WorkerContext
    line: Line
    job: PredictionJob

    async def begin(self) -> asyncio.Task[None]:
        """A delivery of its job, as if nobody had made its results."""
        anew = "update predictions set status = 'completed', results_ready = false, started_at = null where id = %s"
        async with self.running.db.raw() as connection:
            await connection.execute(anew, (self.job.prediction_id,))
        return asyncio.create_task(self.deliver())

    async def deliver(self) -> None:
        envelope = opened(self.job.model_dump_json().encode(), headers_of(self.job, "prediction", MAPPER, new_id()))
        it = self.running
        await drive(self.job, JobContext(envelope, it.db, it.bus, it.relay, "prediction", 1), self.tools)

    async def away(self) -> None:
        """Until it waits for the store in place."""
        await asyncio.wait_for(self.tools.storage.stumbled.wait(), 60)

    async def row(self) -> dict:
        return await self.caller.ask(GetPrediction(prediction_id=self.job.prediction_id))


@pytest.fixture(scope="module")
async def place(running, caller: Caller, model, settings, tiles_url, village) -> AsyncIterator[Place]:
    tools = next(one for one in build_worker(settings).provides if isinstance(one, WorkerContext))
    async with line_to(settings.endpoint) as line:
        tools = replace(tools, storage=Noting(settings.model_copy(update={"endpoint": line.url})))
        await tools.start()
        number = (await caller.send(submission(tiles_url, village))).result["id"]
        job = PredictionJob(prediction_id=number, attempt=1, user_id=MAPPER.id)
        place = Place(running, caller, tools, line, job)
        await place.deliver()
        yield place
        await tools.stop()


@pytest.fixture(autouse=True)
async def whole(place: Place) -> AsyncIterator[None]:
    """Whatever a test leaves behind, the next one finds the line open."""
    place.tools.storage.stumbled.clear()
    yield
    await place.line.cut()
    await place.line.open()


@pytest.fixture
async def hints(place: Place) -> AsyncIterator[list[RunProgress]]:
    heard: list[RunProgress] = []

    async def hear(msg: Msg) -> None:
        heard.append(RunProgress.model_validate_json(msg.data))

    subscription = await place.caller.bus.nc.subscribe(f"{RunProgress.ce_type()}.>", cb=hear)
    yield heard
    await subscription.unsubscribe()


async def test_output_is_fetched_when_the_store_is_back(place: Place, hints):
    await place.line.cut()
    work = await place.begin()
    await place.away()
    told = len(hints)
    await eventually(lambda: len(hints) > told + 2)
    assert hints[-1].stage == "results"
    assert not work.done()
    await place.line.open()
    await asyncio.wait_for(work, 60)
    row = await place.row()
    assert (row["results_ready"], row["status"], row["error"]) == (True, "completed", "")


async def test_results_are_stored_when_the_store_is_back(place: Place, hints, monkeypatch):
    """It goes away when they are made."""
    make, made = publish_results._write_files, asyncio.Event()

    async def cutting(*args) -> object:
        result = await make(*args)
        await place.line.cut()
        made.set()
        return result

    monkeypatch.setattr(publish_results, "_write_files", cutting)
    await place.tools.storage.remove(await place.tools.storage.keys(f"predict/{place.job.prediction_id}/output/"))
    work = await place.begin()
    await asyncio.wait_for(made.wait(), 60)
    await place.away()
    told = len(hints)
    await eventually(lambda: len(hints) > told + 2)
    assert not work.done()
    await place.line.open()
    await asyncio.wait_for(work, 60)
    assert (await place.row())["results_ready"]
    there = await place.tools.storage.keys(f"predict/{place.job.prediction_id}/output/")
    assert {"predictions.geojson", "predictions.fgb", "predictions.pmtiles"} <= {
        key.rpartition("/")[2] for key in there
    }


async def test_imagery_is_stored_when_the_store_is_back(place: Place, tiles_url, village):
    region = region_of(submission(tiles_url, village).geometry)
    row = PredictionRow(id=10**15, zoom=19, image_uri=f"{tiles_url}/predict/tilejson.json")

    async def progress(*what) -> None:
        pass

    await place.line.cut()
    work = asyncio.create_task(stage(row, region, place.tools, progress, last=False))
    await place.away()
    assert not work.done()
    await place.line.open()
    assert await asyncio.wait_for(work, 60) == Outcome.of(16)


async def test_patience_ends(place: Place, monkeypatch):
    monkeypatch.setattr(place.tools, "retry_within", 0.1)
    await place.line.cut()
    with pytest.raises(Exception, match="object store is not reachable"):
        await asyncio.wait_for(await place.begin(), 60)
    assert (await place.row())["status"] == "completed", "the next delivery tries again"


async def test_prediction_is_stopped_while_it_waits(place: Place):
    await place.line.cut()
    work = await place.begin()
    await place.away()
    verdict = await place.caller.send(CancelRun(prediction_id=place.job.prediction_id))
    assert verdict.result["status"] == "stopped"
    await asyncio.wait_for(work, 10)
    assert (await place.row())["status"] == "stopped"
