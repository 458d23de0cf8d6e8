"""Whole predictions: the sandbox's tiles, real storage, the real pipeline server, worker processes that are killed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import httpx
import psutil
import pyogrio
import pytest
from nats.aio.msg import Msg
from prediction_values import facts_of, submission
from worker import Worker

from contracts.catalog.models import BaseModelRegistered
from contracts.prediction import (
    CancelRun,
    GetPrediction,
    GetResult,
    GetRunLogs,
    GetRunState,
    PredictionJob,
    PredictionReady,
    PredictLive,
    RetryPrediction,
    RunProgress,
)
from contracts.prediction.usage import GetUsage
from kit.errors import Conflict, NotFound
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, MAPPER, STRANGER, Caller, eventually
from prediction.inference.process_pool import CALL_TIMEOUT
from prediction.main import build_worker
from prediction.runs.jobs.context import WorkerContext
from prediction.runs.jobs.driver import drive
from prediction.runs.jobs.publish_results import DIED
from prediction.runs.tables import PredictionRow

pytestmark = pytest.mark.timeout(400)  # the first waits for a whole run, and a killed one is taken again after 30 s
PATIENCE = 110.0


async def begun(caller: Caller, command) -> int:
    return (await caller.send(command)).result["id"]


async def ended(caller: Caller, prediction_id: int) -> dict:
    """The row when nothing will change any more."""

    async def look() -> dict | None:
        row = await caller.ask(GetPrediction(prediction_id=prediction_id))
        return row if row["results_ready"] or row["status"] in ("failed", "stopped") else None

    return await eventually(look, PATIENCE)


async def until(caller: Caller, prediction_id: int, status: str) -> dict:
    async def look() -> dict | None:
        row = await caller.ask(GetPrediction(prediction_id=prediction_id))
        return row if row["status"] == status else None

    return await eventually(look, PATIENCE)


async def step_running(worker: Worker):
    return await eventually(worker.run, PATIENCE)


async def fetched(url: str) -> bytes:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(url)).raise_for_status().content


@pytest.fixture(scope="module")
async def hints(caller: Caller) -> AsyncIterator[list[RunProgress]]:
    """What was told of progress."""
    heard: list[RunProgress] = []

    async def hear(msg: Msg) -> None:
        heard.append(RunProgress.model_validate_json(msg.data))

    subscription = await caller.bus.nc.subscribe(f"{RunProgress.ce_type()}.>", cb=hear)
    yield heard
    await subscription.unsubscribe()


@dataclass
class Survivor:
    """A prediction whose first worker was killed in the middle of the run."""

    row: dict
    first_run: str


@pytest.fixture(scope="module")
async def survivor(request, running, caller: Caller, hints, start_worker, tiles_url, village) -> Survivor:
    first = start_worker()
    prediction_id = await begun(caller, submission(tiles_url, village, params={"sleep": 2.0}))
    await eventually(first.run, PATIENCE)
    first_run = (await until(caller, prediction_id, "running"))["zenml_run_id"]
    first.kill()
    request.getfixturevalue("worker")
    return Survivor(await ended(caller, prediction_id), first_run)


@pytest.fixture(scope="module")
def completed(survivor: Survivor) -> dict:
    return survivor.row


@pytest.mark.spec("21.4", "submit predict")
def test_prediction_survives_its_worker(survivor: Survivor):
    assert (survivor.row["status"], survivor.row["error"]) == ("completed", "")
    assert survivor.row["zenml_run_id"] != survivor.first_run


@pytest.mark.spec("19", "predict/{id}/input/, predict/{id}/output/")
async def test_results_open_and_agree(caller: Caller, completed, hints, storage, tmp_path):
    assert sorted(completed["assets"]) == ["fgb", "geojson", "pmtiles"]
    await agreeing(completed["assets"], tmp_path)
    assert len(await storage.keys(f"predict/{completed['id']}/input/OAM-")) == 16
    assert {hint.stage for hint in hints} == {"staging", "predict", "results"}
    assert sorted(await caller.ask(GetResult(prediction_id=completed["id"]))) == sorted(completed["assets"])


async def agreeing(assets: dict[str, str], folder) -> None:
    for ending, url in assets.items():
        assert f"/output/predictions.{ending}?" in url
        (folder / f"predictions.{ending}").write_bytes(await fetched(url))
    collection = json.loads((folder / "predictions.geojson").read_text())
    assert len(collection["features"]) == 16
    meta, _, geometry, values = pyogrio.raw.read(folder / "predictions.fgb")
    assert (meta["crs"], len(geometry), list(meta["fields"])) == ("EPSG:4326", 16, ["chip", "confidence"])
    assert sorted(values[0]) == sorted(f["properties"]["chip"] for f in collection["features"])
    header = (folder / "predictions.pmtiles").read_bytes()[:127]
    assert (header[:7], header[7], header[100], header[101]) == (b"PMTiles", 3, 10, 20)


async def test_run_and_files_are_in_the_ledger(caller: Caller, completed):
    mine = await caller.ask(GetUsage(per_run=True))
    spent = next(entry for entry in mine["entries"] if entry["run"] == completed["id"])
    files = [len(await fetched(url)) for url in completed["assets"].values()]
    assert spent["stored_bytes"] > sum(files), "the middles of the features are a file too"
    assert spent["cpu_seconds"] > 0.3, "what ZenML does for a run costs more"
    assert 50e6 < spent["peak_memory"] < 2e9


@pytest.mark.spec("8.2", "GET /predictions/runs/{run_id}/status/, GET /predictions/runs/{run_id}/logs/")
async def test_run_is_looked_into_by_its_owner_only(caller: Caller, completed):
    run_id = completed["zenml_run_id"]
    expected = {"run_id": run_id, "status": "completed", "is_terminal": True}
    assert await caller.ask(GetRunState(run_id=run_id)) == expected
    lines = await caller.ask(GetRunLogs(run_id=run_id, step="run_inference", tail=5))
    assert sorted(lines[0]) == ["level", "message", "timestamp"]
    with pytest.raises(NotFound, match="Available: run_inference"):
        await caller.ask(GetRunLogs(run_id=run_id, step="train_model"))
    with pytest.raises(NotFound):
        await caller.ask(GetRunState(run_id=run_id), STRANGER)
    with pytest.raises(NotFound):
        await caller.ask(GetRunLogs(run_id="6f0c1f0e-52d3-4ac1-9a53-0f2f1e7a3b11"))
    assert (await caller.send(CancelRun(run_id=run_id))).code == "RUN_ALREADY_FINISHED"
    assert (await caller.send(RetryPrediction(prediction_id=completed["id"]))).code == "not_failed"


async def test_live_answer_is_the_same(running, caller: Caller, completed, tiles_url, village):
    live = PredictLive(model_stac_id="toy", image_uri=completed["image_uri"], bbox=village, zoom=19)
    answer = json.loads(await caller.bus.ask(live, MAPPER, wait=CALL_TIMEOUT))
    assert in_order(answer) == in_order(json.loads(await fetched(completed["assets"]["geojson"])))


def in_order(collection: dict) -> list:
    return sorted(collection["features"], key=lambda feature: feature["properties"]["chip"])


@pytest.fixture
async def copied(running, completed):
    """Makes a copy of the completed row, changed by SQL, that has its run and no results; once in a test."""
    names = [column.name for column in PredictionRow.__table__.columns if column.name not in ("id", "run_id")]

    async def give_run_to(prediction_id: int) -> None:
        run_id = completed["zenml_run_id"]
        async with running.db.raw() as connection:
            await connection.execute("update predictions set run_id = null where run_id = %s", (run_id,))
            await connection.execute("update predictions set run_id = %s where id = %s", (run_id, prediction_id))

    async def copy(changes: str = "error = ''") -> int:
        statement = f"""insert into predictions ({", ".join(names)}) select {", ".join(names)} from predictions
                        where id = {completed["id"]} returning id"""
        async with running.db.raw() as connection:
            made = (await (await connection.execute(statement)).fetchone())[0]
            reset = f"update predictions set results_ready = false, started_at = null, {changes} where id = {made}"
            await connection.execute(reset)
        await give_run_to(made)
        return made

    yield copy
    await give_run_to(completed["id"])


@pytest.fixture
def deliver(running, settings):
    """Carries out one delivery of the job of a prediction, in this process."""
    tools = next(one for one in build_worker(settings).provides if isinstance(one, WorkerContext))

    async def deliver(prediction_id: int, delivery: int = 1) -> None:
        job = PredictionJob(prediction_id=prediction_id, attempt=1, user_id=MAPPER.id)
        envelope = opened(job.model_dump_json().encode(), headers_of(job, "prediction", MAPPER, new_id()))
        context = JobContext(envelope, running.db, running.bus, running.relay, "prediction", delivery)
        await drive(job, context, tools)

    return deliver


@pytest.fixture
async def published(caller: Caller, copied, deliver):
    """Drives a copy of the completed row from its run to its results; the row then."""

    async def publish(changes: str) -> dict:
        prediction_id = await copied(changes)
        await deliver(prediction_id)
        return await caller.ask(GetPrediction(prediction_id=prediction_id))

    return publish


@pytest.mark.spec("17.2", "results_ready once")
@pytest.mark.spec("18.6", "post-processing once")
async def test_results_are_made_once_however_often_the_job_comes(caller: Caller, copied, deliver, storage, hints):
    """Of a run that was known to be completed before anybody made its results."""
    prediction_id, told = await copied(), []

    async def note(msg: Msg) -> None:
        told.append(PredictionReady.model_validate_json(msg.data).prediction_id)

    heard = await caller.bus.nc.subscribe(PredictionReady.subject(), cb=note)
    before = await caller.ask(GetPrediction(prediction_id=prediction_id))
    await asyncio.gather(deliver(prediction_id), deliver(prediction_id, 2))
    made = await stamps(storage, prediction_id)
    await deliver(prediction_id, 3)
    after = await caller.ask(GetPrediction(prediction_id=prediction_id))
    progress = groupby((hint.stage, hint.done) for hint in hints if hint.prediction_id == prediction_id)
    begun = [told for told, _ in progress if told == ("results", 0)]
    assert [(row["status"], row["results_ready"]) for row in (before, after)] == [
        ("completed", False), ("completed", True),
    ]  # fmt: skip
    assert await stamps(storage, prediction_id) == made
    assert {key.rpartition("/")[2] for key in made} == {
        "predictions.geojson", "predictions.fgb", "predictions.pmtiles", "predictions_points.geojson",
    }  # fmt: skip
    assert len(begun) == 1
    await eventually(lambda: told)
    assert told == [prediction_id]
    await heard.unsubscribe()


async def stamps(storage: Storage, prediction_id: int) -> dict[str, datetime]:
    """When each file of the results was written."""
    keys = await storage.keys(f"predict/{prediction_id}/output/")
    bucket = storage.settings.bucket
    heads = {key: storage.client.head_object(Bucket=bucket, Key=storage.prefix + key) for key in keys}
    return {key: head["LastModified"] for key, head in heads.items()}


@pytest.mark.spec("17.1", "contradicting output fails a completed prediction")
async def test_output_that_contradicts_the_model_fails(caller: Caller, published):
    row = await published("""facts = jsonb_set(facts, '{keywords}', '["road", "line"]')""")
    assert (row["status"], row["results_ready"], row["assets"]) == ("failed", False, None)
    assert "is a Polygon, declared are LineString" in row["error"]
    with pytest.raises(Conflict):
        await caller.ask(GetResult(prediction_id=row["id"]))


async def test_death_of_the_child_that_writes_the_results_is_the_reason(caller: Caller, copied, deliver):
    """It would die again: the job is done with the first delivery, and the row says why."""
    prediction_id = await copied()
    work = asyncio.create_task(deliver(prediction_id))
    (await eventually(writer)).kill()
    await asyncio.wait_for(work, 60)
    row = await caller.ask(GetPrediction(prediction_id=prediction_id))
    assert (row["status"], row["results_ready"]) == ("failed", False)
    assert row["error"] == DIED


def writer() -> psutil.Process | None:
    """The child that writes results, while it draws tiles."""
    with suppress(psutil.NoSuchProcess):
        ours = psutil.Process().children(recursive=True)
        return next((child.parent() for child in ours if child.name() == "tippecanoe"), None)
    return None


@pytest.mark.spec("8.3", "remove_osm, remove_osm works")
@pytest.mark.spec("19", "removed_osm.geojson")
async def test_what_the_map_has_is_taken_out(storage, published):
    row = await published("remove_osm = true")
    left = json.loads(await fetched(row["assets"]["geojson"]))
    removed = json.loads(await storage.get(f"predict/{row['id']}/output/removed_osm.geojson"))
    assert [feature["properties"]["chip"] for feature in removed["features"]] == ["OAM-312976-267100-19.tif"]
    assert len(left["features"]) == 15


async def test_error_of_the_plugin_is_its_reason_and_can_be_retried(
    running, caller: Caller, worker, tiles_url, village
):
    row = await ended(caller, await begun(caller, submission(tiles_url, village, params={"mode": "raise"})))
    assert row["status"] == "failed"
    assert "The model refuses this imagery" in row["error"]
    again = await caller.send(RetryPrediction(prediction_id=row["id"]))
    assert (again.result["status"], again.result["error"], again.result["zenml_run_id"]) == ("initializing", "", None)
    await caller.send(CancelRun(prediction_id=row["id"]))
    assert (await ended(caller, row["id"]))["status"] == "stopped"


async def test_unreachable_imagery_is_the_reason(running, caller: Caller, worker, tiles_url, village):
    row = await ended(
        caller, await begun(caller, submission(tiles_url, village, image_uri=f"{tiles_url}/none/{{z}}/{{x}}/{{y}}"))
    )
    assert row["status"] == "failed"
    assert "No imagery could be downloaded" in row["error"]
    assert "404" in row["error"]


async def test_killed_runner_fails_with_a_reason(running, caller: Caller, worker, tiles_url, village):
    prediction_id = await begun(caller, submission(tiles_url, village, params={"sleep": 30.0}))
    (await step_running(worker)).kill()
    row = await ended(caller, prediction_id)
    assert row["status"] == "failed"
    assert "killed" in row["error"]


@pytest.mark.spec("8.2", "POST /predictions/runs/{run_id}/cancel/")
async def test_running_prediction_is_stopped(running, caller: Caller, worker, tiles_url, village):
    prediction_id = await begun(caller, submission(tiles_url, village, params={"sleep": 30.0}))
    await step_running(worker)
    row = await until(caller, prediction_id, "running")
    verdict = await caller.send(CancelRun(run_id=row["zenml_run_id"]))
    assert verdict.result == {"run_id": row["zenml_run_id"], "status": "stopping", "graceful": False}
    assert (await ended(caller, prediction_id))["status"] == "stopped"
    state = await caller.ask(GetRunState(run_id=row["zenml_run_id"]))
    assert (state["status"], state["is_terminal"]) == ("stopped", True)


async def test_plugin_that_cannot_be_loaded_fails_its_own_prediction_only(
    running, caller: Caller, worker, tiles_url, village
):
    facts = facts_of("broken", entrypoint="models.nowhere.pipeline:predict")
    event = BaseModelRegistered(model_id=5, name="broken", user_id=ADMIN.id, visibility="public", facts=facts)
    await caller.publish(event, ADMIN)
    command = submission(tiles_url, village, model_stac_id="broken")

    async def begin() -> int | None:
        verdict = await caller.send(command)
        return verdict.result["id"] if verdict.status == "accepted" else None

    row = await ended(caller, await eventually(begin))
    assert "cannot be loaded" in row["error"]


async def test_small_box_off_the_grid_is_looked_at_and_told_of(running, caller: Caller, worker, tiles_url, village):
    """Less than a tile, over the north-western corner of the imagery: of four tiles only one is there, and the middle
    of its square lies outside."""
    west, _, _, north = village
    side = 360 / 2**19
    box = (west - side / 4, north - side / 4, west + side / 4, north + side / 4)
    ready: list[PredictionReady] = []

    async def note(msg: Msg) -> None:
        ready.append(PredictionReady.model_validate_json(msg.data))

    heard = await caller.bus.nc.subscribe(PredictionReady.subject(), cb=note)
    row = await ended(caller, await begun(caller, submission(tiles_url, box)))
    assert (row["status"], row["error"]) == ("completed", "")
    tiles, features = row["outcome"]["tiles"], row["outcome"]["features"]
    assert (tiles["wanted"], tiles["done"], sum(one["count"] for one in tiles["left_out"])) == (4, 1, 3)
    assert tiles["left_out"][0]["examples"][0].startswith("tile 19/")
    assert (features["wanted"], features["done"], features["left_out"][0]["examples"]) == (1, 0, ["feature 0"])
    await eventually(lambda: [one for one in ready if one.prediction_id == row["id"]])
    assert ready[-1].model_dump(mode="json")["outcome"] == row["outcome"]
    await heard.unsubscribe()
