"""A cache with a lifetime per entry."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class TtlCache(Generic[V]):
    """At most `size` entries, each with its own lifetime; a full cache evicts the entry that was written longest
    ago."""

    def __init__(self, size: int = 10_000) -> None:
        self.size = size
        self._values: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        until, value = self._values.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def put(self, key: Hashable, value: V, seconds: float) -> V:
        self.drop(key)
        if len(self._values) >= self.size:
            self._values.popitem(last=False)
        self._values[key] = (time.monotonic() + seconds, value)
        return value

    def drop(self, key: Hashable) -> None:
        self._values.pop(key, None)

    def drop_all(self, matches: Callable[[V], bool]) -> None:
        for key in [key for key, (_, value) in self._values.items() if matches(value)]:
            self.drop(key)
