"""Progress of a training that a number of steps or a time limit ends."""

import time
from dataclasses import dataclass, field

TIME_COUNTS_FROM = 0.1
"""Fraction of the time limit below which only steps count."""


@dataclass(frozen=True)
class TrainingBudget:
    """A training ends after `steps` or after `max_minutes` of wall time since this object was made.

    While the time limit is far away only steps count, so a run that never comes near it does not depend on the clock
    and can be repeated exactly.
    """

    steps: float
    max_minutes: float
    started: float = field(default_factory=time.monotonic)

    def progress(self, steps: float) -> float:
        """Returns the progress after `steps`, 0…1: the larger of the fractions of steps and of time."""
        spent = (time.monotonic() - self.started) / 60 / self.max_minutes
        return min(1.0, max(steps / self.steps, spent if spent > TIME_COUNTS_FROM else 0.0))
