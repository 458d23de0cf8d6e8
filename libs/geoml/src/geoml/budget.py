"""How far a training is, in steps or in minutes."""

import time
from dataclasses import dataclass, field

GRACE = 0.1


@dataclass(frozen=True)
class Budget:
    """Ends after `steps` or after `max_minutes` of wall time, counted from the making of this object.

    As long as the time limit is far, only steps count: a run that never comes near it does not depend on the clock
    and can be repeated.
    """

    steps: float
    max_minutes: float
    started: float = field(default_factory=time.monotonic)

    def done(self, steps: float) -> float:
        """0…1, the further of the two; time counts once a tenth of it has gone."""
        spent = (time.monotonic() - self.started) / 60 / self.max_minutes
        return min(1.0, max(steps / self.steps, spent if spent > GRACE else 0.0))
