"""From a row to its `RunLifecycle` and back: the only code that changes where a run is, and that announces it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import Select, select

from contracts.base import Event
from kit.errors import Conflict
from kit.messaging.tx import Tx
from runs.lifecycle import Finished, RunLifecycle
from runs.tables import PipelineRunColumns, RunColumns

R = TypeVar("R", bound=RunColumns)
ALREADY_FINISHED = "RUN_ALREADY_FINISHED"


class RunTransitions(ABC, Generic[R]):
    """The adapter of a service: its tables, and which messages tell of a change."""

    table: type[R]
    pipeline_runs: type[PipelineRunColumns]
    reference: ClassVar[str]
    """Column of `pipeline_runs` that holds the id of the row."""
    pipeline_run_id: ClassVar[str]
    """Attribute of the row that holds the id of its current pipeline run."""
    name_prefix: ClassVar[str]
    """Services share the pipeline server, so each has a prefix of its own for names of runs."""
    announces_attempts: ClassVar[bool] = False
    """Whether a new attempt is announced although the status stays the same."""

    def run_name(self, row_id: int, attempt: int) -> str:
        """Returns the name on the pipeline server, by which a run is found whoever submitted it."""
        return f"{self.name_prefix}{row_id}-{attempt}"

    def lifecycle(self, row: R) -> RunLifecycle:
        run_id = getattr(row, self.pipeline_run_id)
        return RunLifecycle(row.status, row.attempt, row.first_attempt, run_id, row.started_at is not None)

    async def lock(self, row_id: int, tx: Tx) -> R | None:
        """Returns the row, locked until the commit, so that concurrent reports come one after the other."""
        return await tx.session.get(self.table, row_id, with_for_update=True)

    async def lock_attempt(self, row_id: int, attempt: int, tx: Tx) -> R | None:
        """Returns the locked row. None when it is gone or has another attempt by now: an older one writes nothing."""
        row = await self.lock(row_id, tx)
        return row if row is not None and row.attempt == attempt else None

    async def lock_by_run(self, run_id: str, tx: Tx) -> R | None:
        """Returns the locked row that has or had this pipeline run."""
        return await tx.session.scalar(self.rows_of_run(run_id).with_for_update(of=self.table))

    def rows_of_run(self, run_id: str) -> Select[R]:
        """Selects the row that has or had this pipeline run."""
        reference = getattr(self.pipeline_runs, self.reference)
        rows = select(self.table).join(self.pipeline_runs, reference == self.table.id)
        return rows.where(self.pipeline_runs.run_id == run_id)

    def require_current(self, row: R, run_id: str) -> None:
        """Raises Conflict when the row has another pipeline run by now."""
        if getattr(row, self.pipeline_run_id) != run_id:
            raise Conflict(ALREADY_FINISHED, "The run is already finished: it was retried.")

    def cancel(
        self, row: R, graceful: bool, tx: Tx, move: Callable[[RunLifecycle], RunLifecycle] = RunLifecycle.cancel
    ) -> None:
        """Stops the locked row at once while no worker has it; else it is `stopping` until its worker or the reconciler
        has ended it. Raises Conflict when it has ended."""
        try:
            after = move(self.lifecycle(row))
        except Finished as refusal:
            raise Conflict(ALREADY_FINISHED, str(refusal)) from refusal
        row.graceful = graceful
        self.apply(row, after, tx)

    async def change(
        self, row_id: int, attempt: int, tx: Tx, move: Callable[[RunLifecycle], RunLifecycle], reason: str = "",
        outcome: dict[str, Any] | None = None,
    ) -> R | None:  # fmt: skip
        """Moves the locked row. Returns None, and changes nothing, when it is gone or has another attempt by now."""
        row = await self.lock_attempt(row_id, attempt, tx)
        if row is not None:
            self.apply(row, move(self.lifecycle(row)), tx, reason, outcome)
        return row

    async def report(
        self, row_id: int, attempt: int, tx: Tx, status: str, run_id: str | None = None, reason: str = "",
        outcome: dict[str, Any] | None = None,
    ) -> R | None:  # fmt: skip
        """As `change`, by what is known of the run of that attempt."""
        return await self.change(
            row_id, attempt, tx, lambda life: life.reported(attempt, status, run_id), reason, outcome
        )

    def apply(
        self, row: R, after: RunLifecycle, tx: Tx, reason: str = "", outcome: dict[str, Any] | None = None
    ) -> None:
        """Writes the new state into the locked row and announces it; does nothing when it is the old state."""
        before = self.lifecycle(row)
        if after == before:
            return
        if after.run_id and after.run_id != before.run_id:
            values: dict[str, Any] = {"run_id": after.run_id, self.reference: row.id, "attempt": after.attempt}
            tx.upsert(self.pipeline_runs, ["run_id"], **values)
        self._write(row, after)
        is_new = after.attempt != before.attempt
        if is_new:
            self.begin_attempt(row, tx)
        if after.status != before.status or (is_new and self.announces_attempts):
            tx.emit(self.status_changed(row, before.status))
        if after.is_terminal and after.status != before.status:
            self.end(row, tx, reason, outcome)

    def _write(self, row: R, after: RunLifecycle) -> None:
        row.status, row.attempt, row.first_attempt = after.status, after.attempt, after.first_attempt
        setattr(row, self.pipeline_run_id, after.run_id)

    @abstractmethod
    def begin_attempt(self, row: R, tx: Tx) -> None:
        """Resets what belonged to the former attempt."""

    @abstractmethod
    def status_changed(self, row: R, previous: str) -> Event:
        """Returns the event that announces the status."""

    @abstractmethod
    def end(self, row: R, tx: Tx, reason: str, outcome: dict[str, Any] | None) -> None:
        """Writes and announces how the run ended."""
