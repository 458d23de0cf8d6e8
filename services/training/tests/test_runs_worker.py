"""A real worker drives real runs on the real pipeline server."""

import asyncio
import time
from contextlib import suppress

import pytest

from contracts import training as c
from contracts.shared import Page
from kit.errors import NotFound, Unavailable
from kit.testing import eventually

from .conftest import SUFFIX, fetch, until

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]


@pytest.mark.spec("21.4", "submit finetune")
@pytest.mark.spec("17.1", "running to completed")
async def test_a_run_from_submit_to_publishable(submit, workers, caller, heard):
    row = await submit(epochs=3)
    done = await until(caller, row["id"], "completed", "failed")
    assert (done["status"], done["error"]) == ("completed", "")
    assert done["metrics"] == {"building_iou": 0.71}
    series = await caller.ask(c.GetEpochs(training_id=row["id"]))
    assert [sample["epoch"] for sample in series] == [1, 2, 3]
    facts = await caller.ask(c.GetPublishable(training_id=row["id"]))
    assert set(facts["artifacts"]) == {"trained_model", "onnx_model"}
    assert facts["split"]["val_count"] == 1
    assert (done["outcome"]["wanted"], done["outcome"]["done"]) == (5, 4)  # of the five chips that were built
    assert "not in the store" in done["outcome"]["left_out"][0]["reason"]
    assert facts["version"] >= 1
    assert facts["wall_seconds"] > 0
    await eventually(lambda: "evt.training.v1.training_completed" in [kind for kind, _ in heard])
    mine = [(*kind.split(".v1."), body) for kind, body in heard if body["training_id"] == row["id"]]
    moves = [body["status"] for _, name, body in mine if name == "training_status_changed"]
    assert moves == ["submitted", "running", "completed"]
    assert len([1 for kind, name, _ in mine if kind == "evt.training" and name == "training_completed"]) == 1
    hints = {body["what"] for kind, _, body in mine if kind == "live.training"}
    assert {"progress", "step", "epoch"} <= hints


@pytest.mark.spec("7.5", "GET /trainings/runs/{run_id}/logs/, level, message, timestamp, unknown step 404")
@pytest.mark.spec("6.3", "id, name, status, created_at, pipeline_name, model_name, model_version")
async def test_questions_about_a_run_are_answered_by_the_pipeline_server(submit, workers, caller):
    row = await submit(model_name="asked about", seconds=1.0)
    run_id = (await until(caller, row["id"], "running"))["zenml_run_id"]
    ask = asker(caller)
    states = []

    async def over():
        states.append(await ask(c.GetRunState(run_id=run_id)))
        return states[-1]["is_terminal"]

    await eventually(over, 100)
    assert states[0] == {"run_id": run_id, "status": "running", "is_terminal": False}
    assert states[-1]["status"] == "completed"
    assert (await caller.ask(c.GetPublishable(training_id=row["id"])))["run_id"] == run_id
    logs = await ask(c.GetRunLogs(run_id=run_id, step="train_model", tail=2))
    assert all(set(line) == {"level", "message", "timestamp"} for line in logs)
    with pytest.raises(NotFound, match=r"Available: .*train_model"):
        await ask(c.GetRunLogs(run_id=run_id, step="nonsense"))
    runs = await ask(c.ListModelRuns(model_name="asked-about"))
    assert runs[0]["id"] == run_id
    assert set(runs[0]) == {
        "id", "name", "status", "created_at", "pipeline_name", "model_name", "model_version",
    }  # fmt: skip


@pytest.mark.spec("6.3", "runs newest first")
async def test_runs_of_a_model_are_listed_newest_first(submit, workers, caller):
    runs = []
    for _ in range(2):
        row = await submit(model_name=f"again and again {SUFFIX}")
        runs.append((await until(caller, row["id"], "completed"))["zenml_run_id"])
    ask = asker(caller)
    listed = await ask(c.ListModelRuns(model_name=f"again-and-again-{SUFFIX}"))
    assert [run["id"] for run in listed] == runs[::-1]
    assert listed[0]["created_at"] > listed[1]["created_at"]
    assert await ask(c.ListModelRuns(model_name=f"again-and-again-{SUFFIX}", limit=1)) == listed[:1]


def asker(caller):
    """Asks again while the pipeline server is too busy to answer in time."""

    async def ask(query):
        async with asyncio.timeout(60):
            while True:
                with suppress(Unavailable):
                    return await caller.ask(query)

    return ask


async def test_what_the_plugin_says_is_the_reason(submit, workers, caller):
    row = await submit(end="raise")
    failed = await until(caller, row["id"], "completed", "failed")
    assert failed["status"] == "failed"
    assert "the labels hold no building" in failed["error"]


async def test_metrics_of_all_types_are_kept_and_what_is_not_defined_is_null(submit, workers, caller):
    row = await submit(end="bend", epochs=3)
    done = await until(caller, row["id"], "completed", "failed")
    assert (done["status"], done["error"]) == ("completed", "")
    metrics = {"building_iou": 0.5, "object_f1": None, "accuracy": None, "1": 3}
    assert done["metrics"] == metrics
    series = await caller.ask(c.GetEpochs(training_id=row["id"]))
    assert [sample["values"]["val_loss"] for sample in series] == [2.0, None, pytest.approx(2 / 3)]
    assert (await caller.ask(c.GetPublishable(training_id=row["id"])))["metrics"] == metrics
    assert await caller.ask(c.GetChart(training_id=row["id"]))
    listed = await caller.ask(c.ListTrainings(page=Page(ordering="-accuracy", limit=1000)))
    assert row["id"] in [one["id"] for one in listed["results"]]


async def test_metrics_that_cannot_be_read_fail_the_training_with_words(submit, workers, caller):
    row = await submit(end="opaque")
    failed = await until(caller, row["id"], "completed", "failed")
    assert failed["status"] == "failed"
    assert "metrics['model'] is of the type Opaque" in failed["error"]


async def test_a_killed_runner_is_a_failed_training_with_a_reason(submit, workers, caller):
    row = await submit(end="die")
    started = time.monotonic()
    failed = await until(caller, row["id"], "completed", "failed")
    assert failed["status"] == "failed"
    assert "killed" in failed["error"]
    assert time.monotonic() - started < 60


async def test_a_cancelled_run_stops_soon(submit, workers, caller):
    row = await submit(epochs=100, seconds=1.0)
    running = await until(caller, row["id"], "running")
    verdict = await caller.send(c.CancelRun(run_id=running["zenml_run_id"]))
    assert verdict.result["status"] == "stopping"
    await until(caller, row["id"], "stopped")


async def test_a_killed_worker_costs_an_attempt_and_not_the_training(submit, workers, caller, heard):
    row = await submit(epochs=4, seconds=1.0)
    await until(caller, row["id"], "running")
    workers.kill()
    workers.start()
    done = await until(caller, row["id"], "completed", "failed", limit=150)
    assert (done["status"], done["attempt"]) == ("completed", 2)

    def ends():
        names = ("training_completed", "training_failed", "training_stopped")
        return [kind for kind, body in heard if body["training_id"] == row["id"] and kind.endswith(names)]

    await eventually(ends)
    assert ends() == ["evt.training.v1.training_completed"]


async def test_a_worker_that_ends_in_order_hands_its_run_over(submit, workers, caller, running):
    row = await submit(epochs=3, seconds=1.0)
    await until(caller, row["id"], "running")
    workers.stop()
    [(status, attempt, first)] = await fetch(
        running, "select status, attempt, first_attempt from trainings where id = %s", row["id"]
    )
    assert (status, attempt, first) == ("initializing", 2, 2)
    workers.start()
    assert (await until(caller, row["id"], "completed", "failed"))["status"] == "completed"


async def test_a_worker_starts_soon_after_the_submit(submit, workers, caller, heard):
    """The time that counts is measured elsewhere, on a quiet machine; here it is only bounded."""
    await until(caller, (await submit(end="raise"))["id"], "failed")
    before = time.monotonic()
    row = await submit(end="raise")

    def started():
        return [b for k, b in heard if k.startswith("live") and b["training_id"] == row["id"]]

    await eventually(started)
    assert started()[0]["data"]["stage"] == "started"
    assert time.monotonic() - before < 2
