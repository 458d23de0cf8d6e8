"""What the reconciler repairs: the service's own loop runs each second in these tests."""

from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from contracts import training as c
from kit.jobs.reaper import SilentRows
from kit.testing import eventually, free_port
from pipelines.zenml import ZenMLPipelines
from stack.line import line_to
from training.runs.jobs.reconciler import Pass

from .conftest import fetch, fetch_nothing, until

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]
SILENT = "queued_at = now() - interval '10 minutes', heartbeat_at = now() - interval '5 minutes'"


async def neglected(running, row, sets="", *params):
    """The row as a worker leaves it that was lost a while ago."""
    sql = f"update trainings set {SILENT}, started_at = now() - interval '9 minutes' {sets} where id = %s"
    await fetch_nothing(running, sql, *params, row["id"])


async def run_of(running, row) -> str:
    """Takes the run away from its row, as another may claim it then."""
    [(run_id,)] = await fetch(running, "select zenml_run_id from trainings where id = %s", row["id"])
    await fetch_nothing(running, "update trainings set zenml_run_id = null where id = %s", row["id"])
    return run_id


async def test_an_end_that_no_worker_told_is_found(submit, workers, caller, running):
    model = await submit(end="raise")
    await until(caller, model["id"], "failed")
    run_id = await run_of(running, model)
    workers.stop()
    row = await submit()
    await neglected(running, row, ", zenml_run_id = %s, status = 'running'", run_id)
    failed = await until(caller, row["id"], "failed")
    assert "the labels hold no building" in failed["error"]
    assert failed["last_polled_at"]


async def test_a_job_that_is_gone_is_sent_again(submit, workers, caller, running, heard):
    workers.stop()
    row = await submit()

    def jobs():
        return [body for kind, body in heard if kind.startswith("job") and body["training_id"] == row["id"]]

    await eventually(jobs)
    await caller.bus.js.purge_stream("JOBS")
    await neglected(running, row)
    await eventually(lambda: len(jobs()) == 2, 60)
    workers.start()
    assert (await until(caller, row["id"], "completed", "failed"))["attempt"] == 1


async def test_what_takes_too_long_is_ended(submit, workers, caller, running):
    row = await submit(epochs=100, seconds=1.0)
    await until(caller, row["id"], "running")
    await fetch_nothing(running, "update trainings set deadline_at = now() where id = %s", row["id"])
    failed = await until(caller, row["id"], "failed", "stopped")
    assert (failed["status"], failed["error"][:22]) == ("failed", "It took longer than th")
    await until(caller, (await submit(end="raise"))["id"], "failed")


async def test_trainings_are_counted_by_status(submit, workers, caller, running):
    def told() -> float:
        return REGISTRY.get_sample_value("fairway_runs", {"status": "provisioning"}) or 0

    workers.stop()
    row, before = await submit(), told()
    await fetch_nothing(running, "update trainings set status = 'provisioning' where id = %s", row["id"])
    await eventually(lambda: told() == before + 1)
    await fetch_nothing(running, "update trainings set status = 'stopped' where id = %s", row["id"])
    await eventually(lambda: told() == before)


async def test_a_stop_that_nobody_can_carry_out_is_carried_out(submit, workers, caller, running):
    workers.stop()
    row = await submit()
    await neglected(running, row, ", status = 'stopping'")
    await until(caller, row["id"], "stopped")


@pytest.mark.spec("18.5", "polling survives a failed read")
async def test_a_pipeline_server_that_comes_back_is_asked_again(submit, workers, caller, running, settings, servers):
    model = await submit(end="raise")
    await until(caller, model["id"], "failed")
    run_id, port = await run_of(running, model), free_port()
    workers.stop()
    row = await submit()
    await fetch_nothing(running, "update trainings set zenml_run_id = %s where id = %s", str(uuid4()), row["id"])
    key = settings.zenml_key.get_secret_value()
    async with ZenMLPipelines(f"http://127.0.0.1:{port}", key, retry_seconds=0.2) as pipelines:
        round_ = Pass(settings, pipelines, running, SilentRows(0))
        assert await round_.run() is False
        assert (await caller.ask(c.GetTraining(training_id=row["id"])))["status"] == "initializing"
        await neglected(running, row, ", zenml_run_id = %s", run_id)
        async with line_to(servers["FAIR_ZENML_STORE_URL"], port):
            await eventually(round_.run, 60)
    await until(caller, row["id"], "failed")
