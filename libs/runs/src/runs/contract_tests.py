"""Tests that every service with runs takes over: its `tests` subclass these classes and add the fixtures they name.

`transitions`, `lease` and `unfinished` are the adapters of the service, `new_row(**columns)` makes a row of its table
that is not stored, `insert_run(**columns)` stores one that no worker takes and returns its id. Needs pytest.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select, update

from contracts.base import Event, Job
from kit.app import Service
from kit.db.sql import SqlFragment
from kit.errors import RateLimited
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT
from runs.lease import Lease
from runs.lifecycle import MAX_ATTEMPTS, RunLifecycle
from runs.quota import UnfinishedRuns
from runs.reconciler import RunCounts
from runs.tables import RunColumns
from runs.transitions import RunTransitions

NewRow = Callable[..., RunColumns]
InsertRun = Callable[..., Awaitable[int]]


class RecordingTx:
    """A transaction that only notes what it is given."""

    def __init__(self) -> None:
        self.emitted: list[Event | Job] = []
        self.pipeline_runs: list[dict[str, Any]] = []

    def emit(self, message: Event | Job) -> None:
        self.emitted.append(message)

    def upsert(self, _table: type, _key: list[str], **values: Any) -> None:
        self.pipeline_runs.append(values)

    def named(self, name: str) -> list[Any]:
        """What was emitted of this kind: `status_changed`, `failed`, `stopped`."""
        return [message for message in self.emitted if message.wire.endswith(f"_{name}")]


@pytest.fixture
def tx() -> Any:
    return RecordingTx()


class TransitionsContract:
    def test_first_report_with_a_run_is_the_hand_over(self, transitions: RunTransitions, new_row: NewRow, tx):
        row = new_row()
        transitions.apply(row, transitions.lifecycle(row).reported(1, "initializing", "r1"), tx)
        assert (row.status, getattr(row, transitions.pipeline_run_id)) == ("submitted", "r1")
        assert tx.pipeline_runs == [{"run_id": "r1", transitions.reference: row.id, "attempt": 1}]
        [event] = tx.named("status_changed")
        assert (event.status, event.previous, event.run_id, event.attempt) == ("submitted", "initializing", "r1", 1)

    def test_a_report_that_says_nothing_new_announces_nothing(self, transitions: RunTransitions, new_row: NewRow, tx):
        row = new_row(status="running")
        transitions.apply(row, transitions.lifecycle(row).reported(1, "running"), tx)
        transitions.apply(row, transitions.lifecycle(row).reported(2, "failed"), tx)
        assert (row.status, tx.emitted, tx.pipeline_runs) == ("running", [], [])

    def test_failure_keeps_its_reason(self, transitions: RunTransitions, new_row: NewRow, tx):
        row = new_row(status="running")
        transitions.apply(row, transitions.lifecycle(row).reported(1, "failed"), tx, "No chips.")
        assert (row.status, row.error) == ("failed", "No chips.")
        assert [event.reason for event in tx.named("failed")] == ["No chips."]
        transitions.apply(row, transitions.lifecycle(row).reported(1, "completed"), tx)
        assert row.status == "failed"
        assert len(tx.named("status_changed")) == 1

    @pytest.mark.parametrize(("started", "status"), [(False, "stopped"), (True, "stopping")])
    def test_cancel_stops_at_once_what_no_worker_has(
        self, transitions: RunTransitions, new_row: NewRow, tx, started: bool, status: str
    ):
        row = new_row(started_at=datetime.now(UTC) if started else None)
        transitions.apply(row, transitions.lifecycle(row).cancel(), tx)
        assert row.status == status
        assert len(tx.named("stopped")) == (not started)

    def test_a_new_attempt_forgets_the_former_one(self, transitions: RunTransitions, new_row: NewRow, tx):
        row = new_row(status="running", started_at=datetime.now(UTC), waiting={"reason": "The store is away."})
        transitions.apply(row, transitions.lifecycle(row).reported(1, "running", "r1"), tx)
        transitions.apply(row, transitions.lifecycle(row).lost(), tx)
        assert transitions.lifecycle(row) == RunLifecycle("initializing", 2, 1)
        assert (row.started_at, row.error, row.waiting) == (None, "", None)
        assert [event.status for event in tx.named("status_changed")] == ["initializing"]

    def test_a_run_whose_workers_die_fails_in_the_end(self, transitions: RunTransitions, new_row: NewRow, tx):
        row = new_row()
        for _ in range(MAX_ATTEMPTS):
            transitions.apply(row, transitions.lifecycle(row).reported(row.attempt, "running"), tx)
            transitions.apply(row, transitions.lifecycle(row).lost(), tx, "The machine was lost.")
        assert (row.status, row.attempt, row.error) == ("failed", MAX_ATTEMPTS, "The machine was lost.")
        assert len(tx.named("failed")) == 1

    def test_names_of_runs_differ_by_row_and_attempt(self, transitions: RunTransitions):
        names = {transitions.run_name(row_id, attempt) for row_id in (1, 11) for attempt in (1, 2)}
        assert len(names) == 4
        assert all(name.startswith(transitions.name_prefix) for name in names)


class StoredRunsContract:
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
        async with running.tx() as tx:
            row = await transitions.lock(row_id, tx)
            assert row is not None
            assert (row.status, row.attempt) == ("running", 2)

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
