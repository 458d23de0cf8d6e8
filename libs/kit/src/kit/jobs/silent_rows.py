"""Which rows in work give no signs of life any more."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

MIN_SILENCE = 20.0
Sign = tuple[int, datetime]
"""Id of a row, and time of its last heartbeat."""


@dataclass
class SilentRows:
    """Rows that are silent in two looks, `apart` seconds or more from each other. After an outage of the database every
    row is silent for a moment, because no heartbeat could be written."""

    apart: float = MIN_SILENCE
    _since: dict[Sign, float] = field(default_factory=dict)

    def confirmed(self, silent: Collection[Sign]) -> set[Sign]:
        """Returns those of the silent rows that were silent `apart` seconds ago too."""
        now = time.monotonic()
        self._since = {sign: self._since.get(sign, now) for sign in silent}
        return {sign for sign, since in self._since.items() if now - since >= self.apart}

    def forget(self) -> None:
        """Starts over after a look that failed: workers may have been unable to write."""
        self._since = {}
