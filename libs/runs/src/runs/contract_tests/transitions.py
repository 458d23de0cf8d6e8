"""How a row moves through its states, without a database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.base import Event, Job
from kit.errors import Conflict
from runs.contract_tests.adapters import AdaptersContract, NewRow
from runs.lifecycle import MAX_ATTEMPTS, RunLifecycle
from runs.transitions import RunTransitions


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


class TransitionsContract(AdaptersContract):
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

    def test_a_cancel_keeps_how_it_was_asked_for(self, transitions: RunTransitions, new_row: NewRow, tx):
        row = new_row(status="running", started_at=datetime.now(UTC))
        transitions.cancel(row, True, tx)
        assert (row.status, row.graceful) == ("stopping", True)
        transitions.cancel(row, False, tx)
        assert (row.status, row.graceful) == ("stopping", False)

    @pytest.mark.parametrize("status", ["failed", "stopped", "cached"])
    def test_no_cancel_of_what_has_ended(self, transitions: RunTransitions, new_row: NewRow, tx, status: str):
        with pytest.raises(Conflict, match=status) as refused:
            transitions.cancel(new_row(status=status), False, tx)
        assert (refused.value.code, tx.emitted) == ("RUN_ALREADY_FINISHED", [])

    def test_no_cancel_of_a_run_that_another_one_followed(self, transitions: RunTransitions, new_row: NewRow):
        row = new_row(**{transitions.pipeline_run_id: "r2"})
        transitions.require_current(row, "r2")
        with pytest.raises(Conflict, match="retried"):
            transitions.require_current(row, "r1")

    def test_names_of_runs_differ_by_row_and_attempt(self, transitions: RunTransitions):
        names = {transitions.run_name(row_id, attempt) for row_id in (1, 11) for attempt in (1, 2)}
        assert len(names) == 4
        assert all(name.startswith(transitions.name_prefix) for name in names)
