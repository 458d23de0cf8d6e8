"""What the database holds of runs: leases, attempts, quotas, counts."""

# pyright: standard

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select, update

from kit.app import Service
from kit.db.sql import SqlFragment
from kit.errors import RateLimited
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT
from kit.messaging.envelope import SERVICE, Envelope
from runs.contract_tests.adapters import AdaptersContract
from runs.heartbeat import LeaseLost
from runs.held_run import HeldRun
from runs.lease import Lease
from runs.lifecycle import RunLifecycle
from runs.quota import UnfinishedRuns
from runs.run_counts import RunCounts
from runs.transitions import RunTransitions

InsertRun = Callable[..., Awaitable[int]]


def held_run(transitions: RunTransitions, lease: Lease, row_id: int, attempt: int, running: Service) -> HeldRun:
    """As a worker holds it."""
    job = Envelope(uuid4(), None, SERVICE, b"", {})
    ctx = JobContext(job, running.db, running.bus, running.relay, running.name, 1)
    return HeldRun(transitions, lease, row_id, attempt, ctx)


class StoredRunsContract(AdaptersContract):
    async def test_heartbeat_moves_and_answers_the_state(self, lease: Lease, insert_run: InsertRun, running: Service):
        row_id = await insert_run(status="stopping", graceful=True)
        await self._age(lease, row_id, running)
        assert await lease.peek(row_id, 1, running.db) == {"status": "stopping", "graceful": True}
        assert await self._is_silent(lease, row_id, running)
        assert await lease.beat(row_id, 1, running.db) == {"status": "stopping", "graceful": True}
        assert not await self._is_silent(lease, row_id, running)

    async def test_release_gives_the_row_away(self, lease: Lease, insert_run: InsertRun, running: Service):
        row_id = await insert_run(status="running")
        await lease.beat(row_id, 1, running.db)
        await lease.release(row_id, 1, running.db)
        assert await self._is_silent(lease, row_id, running)

    async def test_a_row_is_held_from_a_heartbeat_until_it_is_let_go(
        self, lease: Lease, transitions: RunTransitions, insert_run: InsertRun, running: Service
    ):
        row_id = await insert_run(status="running")
        await lease.beat(row_id, 1, running.db)
        async with running.tx() as tx:
            row = await transitions.lock_attempt(row_id, 1, tx)
            assert row is not None
            assert not lease.is_held(row)  # no worker has taken it
            row.started_at = datetime.now(UTC)
            assert lease.is_held(row)
            lease.let_go(row)
            assert not lease.is_held(row)

    async def test_who_keeps_a_lease_hears_of_a_stop_and_of_its_end(
        self, lease: Lease, transitions: RunTransitions, insert_run: InsertRun, running: Service, monkeypatch
    ):
        monkeypatch.setattr("runs.heartbeat.LOOK_INTERVAL", 0.01)
        row_id, stops = await insert_run(status="stopping", graceful=True), []
        await self._age(lease, row_id, running)

        async def stop(graceful: bool) -> None:
            stops.append((graceful, await self._is_silent(lease, row_id, running)))
            if len(stops) == 3:
                async with running.tx() as tx:
                    await transitions.report(row_id, 1, tx, "stopped")

        with pytest.raises(LeaseLost):
            await held_run(transitions, lease, row_id, 1, running).keep(stop, looks_per_heartbeat=2)
        assert stops == [(True, True), (True, False), (True, False)]

    @pytest.mark.parametrize(("status", "held"), [("running", 2), ("failed", 1), ("stopped", 1)])
    async def test_no_lease_of_another_attempt_or_an_ended_run(
        self, lease: Lease, insert_run: InsertRun, running: Service, status: str, held: int
    ):
        row_id = await insert_run(status=status)
        assert await lease.beat(row_id, held, running.db) is None
        assert await lease.peek(row_id, held, running.db) is None

    async def test_an_older_attempt_changes_nothing(
        self, transitions: RunTransitions, insert_run: InsertRun, running: Service
    ):
        row_id = await insert_run(status="running", attempt=2)
        async with running.tx() as tx:
            assert await transitions.change(row_id, 1, tx, RunLifecycle.lost) is None
            assert await transitions.change(-1, 1, tx, RunLifecycle.lost) is None
            assert await transitions.report(row_id, 1, tx, "failed") is None
            assert await transitions.lock_attempt(row_id, 1, tx) is None
        async with running.tx() as tx:
            row = await transitions.lock(row_id, tx)
            assert row is not None
            assert (row.status, row.attempt) == ("running", 2)

    async def test_who_holds_a_run_moves_it_and_lets_it_go(
        self, lease: Lease, transitions: RunTransitions, insert_run: InsertRun, running: Service
    ):
        row_id, run_id = await insert_run(status="initializing"), str(uuid4())
        held = held_run(transitions, lease, row_id, 1, running)
        await held.report("running", run_id)
        await lease.beat(row_id, 1, running.db)
        assert not await self._is_silent(lease, row_id, running)
        await held.release()
        assert await self._is_silent(lease, row_id, running)
        await held.write(lambda row, _: setattr(row, "error", "noted"))
        await held.move(RunLifecycle.cancel)
        async with running.tx() as tx:
            row = await transitions.lock_by_run(run_id, tx)
            assert row is not None
            assert (row.id, row.status, row.error) == (row_id, "stopping", "noted")
        assert held.name == transitions.run_name(row_id, 1)

    async def test_who_holds_an_older_attempt_writes_nothing(
        self, lease: Lease, transitions: RunTransitions, insert_run: InsertRun, running: Service
    ):
        row_id = await insert_run(status="running", attempt=2)
        held = held_run(transitions, lease, row_id, 1, running)
        await held.report("failed", reason="Late.")
        await held.move(RunLifecycle.lost)
        await held.write(lambda row, _: setattr(row, "status", "failed"))
        async with running.tx() as tx:
            row = await transitions.lock(row_id, tx)
            assert row is not None
            assert (row.status, row.attempt, row.error) == ("running", 2, "")

    async def test_a_row_is_found_by_each_of_its_runs(
        self, transitions: RunTransitions, insert_run: InsertRun, running: Service
    ):
        row_id, runs = await insert_run(status="initializing"), [str(uuid4()), str(uuid4())]
        for attempt, run_id in enumerate(runs, 1):
            async with running.tx() as tx:
                await transitions.change(
                    row_id, attempt, tx, lambda life, it=run_id: life.reported(life.attempt, "running", it)
                )
            async with running.tx() as tx:
                await transitions.change(row_id, attempt, tx, RunLifecycle.handed_over)
        async with running.tx() as tx:
            found = [await transitions.lock_by_run(run_id, tx) for run_id in (*runs, "unknown")]
            assert [row and row.id for row in found] == [row_id, row_id, None]

    async def test_unfinished_runs_have_a_limit(
        self, unfinished: UnfinishedRuns, insert_run: InsertRun, running: Service
    ):
        user_id = uuid4().int % 10**12
        first = await insert_run(status="running", user_id=user_id)
        await insert_run(status="failed", user_id=user_id)

        async def submit(row_id: int) -> None:
            async with running.tx() as tx:
                tx.write(SqlFragment("SELECT 1", ()))  # checks run in the transaction of a write
                unfinished.ensure_below(1, user_id, row_id, tx)

        await submit(first)
        with pytest.raises(RateLimited):
            await submit(first + 1)

    async def test_unfinished_runs_are_counted_by_status(
        self, counts: RunCounts, insert_run: InsertRun, running: Service
    ):
        def gauge() -> float:
            return REGISTRY.get_sample_value("fairway_runs", {"status": "retrying"}) or 0

        await counts.publish(running.db)
        before = gauge()
        await insert_run(status="retrying")
        await counts.publish(running.db)
        assert gauge() == before + 1

    async def _age(self, lease: Lease, row_id: int, running: Service) -> None:
        old = func.now() - HEARTBEAT_TIMEOUT * 2
        async with running.db.session() as session:
            await session.execute(update(lease.table).where(lease.table.id == row_id).values({lease.heartbeat: old}))
            await session.commit()

    async def _is_silent(self, lease: Lease, row_id: int, running: Service) -> bool:
        silent = lease.heartbeat <= func.now() - HEARTBEAT_TIMEOUT
        async with running.db.session() as session:
            return bool(await session.scalar(select(silent).where(lease.table.id == row_id)))
