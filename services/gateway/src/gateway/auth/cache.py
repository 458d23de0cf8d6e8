"""What was just looked up, for a short while."""

import time
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """At most `size` values, none older than its own lifetime; when full, everything is forgotten."""

    def __init__(self, size: int = 10_000) -> None:
        self.size = size
        self._values: dict[Hashable, tuple[float, V]] = {}

    def get(self, key: Hashable) -> V | None:
        until, value = self._values.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def put(self, key: Hashable, value: V, seconds: float) -> V:
        if len(self._values) >= self.size:
            self._values.clear()
        self._values[key] = (time.monotonic() + seconds, value)
        return value
