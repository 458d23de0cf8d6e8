"""What a worker does with the attempt of a run that it holds."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kit.jobs.context import JobContext
from kit.messaging.tx import Tx
from runs.heartbeat import keep_lease
from runs.lease import Lease
from runs.lifecycle import RunLifecycle
from runs.tables import RunColumns
from runs.transitions import RunTransitions

R = TypeVar("R", bound=RunColumns)


@dataclass(frozen=True)
class HeldRun(Generic[R]):
    """Its writes wait for the database, and change nothing once the row has another attempt."""

    transitions: RunTransitions[R]
    lease: Lease[R]
    row_id: int
    attempt: int
    ctx: JobContext

    @property
    def name(self) -> str:
        """Of the run on the pipeline server."""
        return self.transitions.run_name(self.row_id, self.attempt)

    async def write(self, change: Callable[[R, Tx], None]) -> None:
        """Calls `change` with the locked row."""

        async def once(tx: Tx) -> None:
            row = await self.transitions.lock_attempt(self.row_id, self.attempt, tx)
            if row is not None:
                change(row, tx)

        await self.ctx.write(once)

    async def move(
        self, move: Callable[[RunLifecycle], RunLifecycle], reason: str = "", outcome: dict[str, Any] | None = None
    ) -> None:
        """Moves the row as `RunTransitions.change` does."""
        await self.ctx.write(lambda tx: self.transitions.change(self.row_id, self.attempt, tx, move, reason, outcome))

    async def report(
        self, status: str, run_id: str | None = None, reason: str = "", outcome: dict[str, Any] | None = None
    ) -> None:
        """Writes what is known of the run; the row decides what to make of it."""
        await self.move(lambda life: life.reported(self.attempt, status, run_id), reason, outcome)

    async def keep(self, stop: Callable[[bool], Awaitable[None]], looks_per_heartbeat: int = 1) -> None:
        """Never returns, see `keep_lease`."""
        await keep_lease(self.lease, self.row_id, self.attempt, self.ctx.db, stop, looks_per_heartbeat)

    async def release(self) -> None:
        """Lets another delivery take the row at once. Without the database that one waits for the timeout."""
        with suppress(Exception):
            await self.lease.release(self.row_id, self.attempt, self.ctx.db)
