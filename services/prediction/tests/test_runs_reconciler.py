"""What no worker will ever report. No worker runs here; the service looks twice a second."""

import pytest
from prediction_values import submission
from prometheus_client import REGISTRY
from sqlalchemy import text

from contracts.prediction import GetPrediction
from kit.testing import Caller, eventually


async def waiting(running, caller: Caller, tiles_url, village, changes: str) -> int:
    """A submitted row whose columns were changed by hand."""
    prediction_id = (await caller.send(submission(tiles_url, village))).result["id"]
    async with running.db.session() as session:
        await session.execute(text(f"update predictions set {changes} where id = {prediction_id}"))
        await session.commit()
    return prediction_id


async def emitted(running, prediction_id: int, kind: str) -> int:
    sql = """select count(*) from outbox where headers->>'ce-type' = :kind
             and (convert_from(data, 'utf8')::jsonb->>'prediction_id')::bigint = :id"""
    async with running.db.session() as session:
        return await session.scalar(text(sql), {"id": prediction_id, "kind": kind})


async def failed(running, caller: Caller, prediction_id: int) -> str:
    async def look() -> str | None:
        row = await caller.ask(GetPrediction(prediction_id=prediction_id))
        return row["error"] if row["status"] == "failed" else None

    reason = await eventually(look)
    assert await emitted(running, prediction_id, "evt.prediction.v1.prediction_failed") == 1
    return reason


async def test_late_row_fails(running, caller: Caller, model, tiles_url, village):
    late = "status = 'running', started_at = now(), touched_at = now(), due_at = now() - interval '1 second'"
    assert "in time" in await failed(running, caller, await waiting(running, caller, tiles_url, village, late))


async def test_late_results_fail_too(running, caller: Caller, model, tiles_url, village):
    late = "status = 'completed', started_at = now(), touched_at = now(), due_at = now() - interval '1 second'"
    assert "in time" in await failed(running, caller, await waiting(running, caller, tiles_url, village, late))


@pytest.mark.spec("18.7", "no run stays initializing")
async def test_row_that_no_worker_took_fails(running, caller: Caller, model, tiles_url, village):
    reason = await failed(running, caller, await waiting(running, caller, tiles_url, village, "due_at = now()"))
    assert "No worker" in reason


async def test_open_rows_are_counted_by_status(running, caller: Caller, model, tiles_url, village):
    def told() -> float:
        return REGISTRY.get_sample_value("fairway_runs", {"status": "provisioning"}) or 0

    before = told()
    prediction_id = await waiting(running, caller, tiles_url, village, "status = 'provisioning', touched_at = now()")
    await eventually(lambda: told() == before + 1)
    async with running.db.session() as session:
        await session.execute(text(f"update predictions set status = 'stopped' where id = {prediction_id}"))
        await session.commit()
    await eventually(lambda: told() == before)


async def test_job_of_a_silent_worker_goes_out_once_more(running, caller: Caller, model, tiles_url, village):
    silent = "status = 'running', started_at = now(), touched_at = now() - interval '61 seconds'"
    prediction_id = await waiting(running, caller, tiles_url, village, silent)

    async def nudged() -> bool:
        return await emitted(running, prediction_id, "job.prediction.v1.drive_run") == 2

    await eventually(nudged)


async def test_job_that_was_lost_goes_out_once_more(running, caller: Caller, model, tiles_url, village):
    lost = await waiting(running, caller, tiles_url, village, "touched_at = now() - interval '11 minutes'")

    async def nudged() -> bool:
        return await emitted(running, lost, "job.prediction.v1.drive_run") == 2

    await eventually(nudged)
