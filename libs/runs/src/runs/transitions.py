"""From a row to its `RunLifecycle` and back: the only code that changes where a run is, and that announces it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import select

from contracts.base import Event
from kit.messaging.tx import Tx
from runs.lifecycle import RunLifecycle
from runs.tables import PipelineRunColumns, RunColumns

R = TypeVar("R", bound=RunColumns)


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

    async def lock_by_run(self, run_id: str, tx: Tx) -> R | None:
        """Returns the locked row that has or had this pipeline run."""
        reference = getattr(self.pipeline_runs, self.reference)
        rows = select(self.table).join(self.pipeline_runs, reference == self.table.id)
        found = rows.where(self.pipeline_runs.run_id == run_id).with_for_update(of=self.table)
        return await tx.session.scalar(found)

    async def change(
        self, row_id: int, attempt: int, tx: Tx, move: Callable[[RunLifecycle], RunLifecycle], reason: str = "",
        outcome: dict[str, Any] | None = None,
    ) -> R | None:  # fmt: skip
        """Moves the locked row. Returns None, and changes nothing, when it is gone or has another attempt by now."""
        row = await self.lock(row_id, tx)
        if row is None or row.attempt != attempt:
            return None
        self.apply(row, move(self.lifecycle(row)), tx, reason, outcome)
        return row

    def apply(
        self, row: R, after: RunLifecycle, tx: Tx, reason: str = "", outcome: dict[str, Any] | None = None
    ) -> None:
        """Writes the new state into the locked row and announces it; does nothing when it is the old state."""
        before = self.lifecycle(row)
        if after == before:
            return
        if after.run_id and after.run_id != before.run_id:
            values = {"run_id": after.run_id, self.reference: row.id, "attempt": after.attempt}
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
