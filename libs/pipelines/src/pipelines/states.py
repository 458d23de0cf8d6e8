"""The life of a run row (fair-rest 17.1) as pure code, for trainings and predictions alike.

A row and its pipeline run are two things: the row is `initializing` until its first run exists, survives several runs
(attempts), and alone decides what is final. Whoever reports (worker, reconciler, live status) goes through `Life`.
"""

from dataclasses import dataclass, replace
from typing import Final

TERMINAL: Final = frozenset({"completed", "failed", "cached", "retried", "stopped"})
_ENDS: Final = TERMINAL - {"retried"}
AFTER: Final[dict[str, frozenset[str]]] = {
    "initializing": _ENDS | {"submitted", "provisioning", "running", "retrying", "stopping"},
    "submitted": _ENDS | {"provisioning", "running", "retrying", "stopping"},
    "provisioning": _ENDS | {"running", "retrying", "stopping"},
    "running": _ENDS | {"retrying", "stopping"},
    "retrying": TERMINAL | {"running", "stopping"},
    "stopping": _ENDS,
    **{status: frozenset() for status in TERMINAL},
}
"""Polls are samples: a state may be skipped. No way leads back but `retrying` → `running`: that the pipeline server
has an `initializing` of its own is not shown after the hand-over, although 17.1 would allow it."""
MOST_TRIES: Final = 3
"""Runs that one request may use up when workers die."""


class Refusal(Exception):
    """The state does not allow it; the text is for the person who asked."""


class Finished(Refusal):
    pass


class NotFinished(Refusal):
    pass


@dataclass(frozen=True)
class Life:
    """Where a row is. `attempt` is the fencing token and part of the run's name; a person asked for `first_attempt`."""

    status: str = "initializing"
    attempt: int = 1
    first_attempt: int = 1
    run_id: str | None = None
    started: bool = False
    """a worker has taken the job of this attempt"""

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    def hear(self, attempt: int, status: str, run_id: str | None = None) -> "Life":
        """After a report. Those of other attempts, late and impossible ones change nothing: the same object comes back.

        The first that brings a run id marks the hand-over: the server's own `initializing` becomes `submitted`.
        """
        if attempt != self.attempt or self.is_terminal:
            return self
        known = replace(self, run_id=run_id) if run_id and self.run_id is None else self
        if status == "initializing" and known is not self and self.status == "initializing":
            status = "submitted"
        return replace(known, status=status) if status in AFTER[self.status] else known

    def cancel(self) -> "Life":
        """`stopped` at once while no worker has it, else `stopping`. Raises Finished."""
        if self.is_terminal:
            raise Finished(f"The run is already finished: {self.status}.")
        waiting = not self.started and self.run_id is None
        return replace(self, status="stopped" if waiting else "stopping")

    def retry(self) -> "Life":
        """What failed or was stopped begins anew. Raises NotFinished, or Finished for what went well."""
        if not self.is_terminal:
            raise NotFinished(f"The run is still {self.status}.")
        if self.status not in ("failed", "stopped"):
            raise Finished(f"The run is already finished: {self.status}.")
        return Life(attempt=self.attempt + 1, first_attempt=self.attempt + 1)

    def lost(self) -> "Life":
        """The worker of this attempt is gone: the next attempt, or `failed` after `MOST_TRIES`. One that was to be
        stopped is stopped."""
        if self.is_terminal:
            return self
        if self.status == "stopping":
            return replace(self, status="stopped")
        if self.attempt - self.first_attempt + 1 >= MOST_TRIES:
            return replace(self, status="failed")
        return Life(attempt=self.attempt + 1, first_attempt=self.first_attempt)

    def handed_over(self) -> "Life":
        """A worker that shuts down in good order passes the work on, which costs no try."""
        if self.is_terminal or self.status == "stopping":
            return self.lost()
        return Life(attempt=self.attempt + 1, first_attempt=self.first_attempt + 1)

    def withdrawn(self) -> "Life":
        """Predictions only: a run has completed, and its results are not wanted any more."""
        return replace(self, status="stopped") if self.status == "completed" else self

    def contradicted(self) -> "Life":
        """Predictions only: the output of a completed run breaks the promises of its model."""
        return replace(self, status="failed") if self.status == "completed" else self
