"""The lifecycle of a run row (fair-rest 17.1) as pure code, for trainings and predictions.

A row is not its pipeline run: the row is `initializing` until its first run exists, has several runs (attempts), and
alone decides what is final. All reports (of worker, reconciler, live status) go through `RunLifecycle`.
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
"""Polling may skip a state. The only way back is `retrying` → `running`: the server's own `initializing` is not shown
after the hand-over, although 17.1 would allow it."""
MAX_ATTEMPTS: Final = 3
"""Runs of one request when workers die."""


class Refusal(Exception):
    """The state does not allow the request; the text is for the user."""


class Finished(Refusal):
    pass


class NotFinished(Refusal):
    pass


@dataclass(frozen=True)
class RunLifecycle:
    """The state of a row. `attempt` is the fencing token and part of the run's name; a user requested
    `first_attempt`."""

    status: str = "initializing"
    attempt: int = 1
    first_attempt: int = 1
    run_id: str | None = None
    started: bool = False
    """a worker has taken the job of this attempt"""

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    def reported(self, attempt: int, status: str, run_id: str | None = None) -> "RunLifecycle":
        """Returns the state after a report. Returns the same object for a late, impossible or other attempt's report.

        The first report with a run id marks the hand-over: the server's own `initializing` becomes `submitted`.
        """
        if attempt != self.attempt or self.is_terminal:
            return self
        known = replace(self, run_id=run_id) if run_id and self.run_id is None else self
        if status == "initializing" and known is not self and self.status == "initializing":
            status = "submitted"
        return replace(known, status=status) if status in AFTER[self.status] else known

    def cancel(self) -> "RunLifecycle":
        """Returns `stopped` while no worker has taken the job, else `stopping`. Raises Finished."""
        if self.is_terminal:
            raise Finished(f"The run is already finished: {self.status}.")
        waiting = not self.started and self.run_id is None
        return replace(self, status="stopped" if waiting else "stopping")

    def retry(self) -> "RunLifecycle":
        """Starts a failed or stopped run again. Raises NotFinished, or Finished for a completed run."""
        if not self.is_terminal:
            raise NotFinished(f"The run is still {self.status}.")
        if self.status not in ("failed", "stopped"):
            raise Finished(f"The run is already finished: {self.status}.")
        return RunLifecycle(attempt=self.attempt + 1, first_attempt=self.attempt + 1)

    def lost(self) -> "RunLifecycle":
        """The worker of this attempt died: returns the next attempt, or `failed` after MAX_ATTEMPTS.

        A run that was `stopping` is `stopped`.
        """
        if self.is_terminal:
            return self
        if self.status == "stopping":
            return replace(self, status="stopped")
        if self.attempt - self.first_attempt + 1 >= MAX_ATTEMPTS:
            return replace(self, status="failed")
        return RunLifecycle(attempt=self.attempt + 1, first_attempt=self.first_attempt)

    def handed_over(self) -> "RunLifecycle":
        """A worker that shuts down in order passes the run on, which does not count as an attempt."""
        if self.is_terminal or self.status == "stopping":
            return self.lost()
        return RunLifecycle(attempt=self.attempt + 1, first_attempt=self.first_attempt + 1)

    def withdrawn(self) -> "RunLifecycle":
        """Predictions only: the results of a completed run are not needed any more."""
        return replace(self, status="stopped") if self.status == "completed" else self

    def contradicted(self) -> "RunLifecycle":
        """Predictions only: the output of a completed run contradicts its model's declaration."""
        return replace(self, status="failed") if self.status == "completed" else self

    def given_up(self) -> "RunLifecycle":
        """Predictions only: `failed`, even when the run completed and its results did not."""
        return self.contradicted() if self.status == "completed" else self.reported(self.attempt, "failed")
