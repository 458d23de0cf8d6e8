"""How often the progress of a run is told."""

import time


class Throttle:
    """Lets at most one message of each kind pass in `interval` seconds."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._last: dict[str, float] = {}

    def is_due(self, kind: str = "") -> bool:
        return self.age(kind) >= self.interval

    def age(self, kind: str = "") -> float:
        """Returns the seconds since the last one, infinity before the first."""
        return time.monotonic() - self._last.get(kind, float("-inf"))

    def note(self, kind: str = "") -> None:
        """To be called when one is sent."""
        self._last[kind] = time.monotonic()
