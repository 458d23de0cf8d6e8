"""Rules of stored dashboards, without I/O: sizes, tags, who may do what, and which dashboards are evicted."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import floor
from typing import Any

import orjson

LEVELS = ("none", "view", "edit", "admin")
ETAG_HEX = 16


@dataclass(frozen=True)
class Candidate:
    """A dashboard that may be evicted, as it was when it was selected."""

    id: str
    size_bytes: int
    last_access: datetime
    owner_id: int | None = None


@dataclass(frozen=True)
class Capacity:
    """Bytes of the store, and the parts of it at which eviction starts and ends."""

    max_total: int
    threshold: Decimal
    target: Decimal

    def is_reached(self, total: int) -> bool:
        """Whether eviction starts; equality counts."""
        return total >= self.max_total * self.threshold

    @property
    def target_bytes(self) -> int:
        """Bytes at which eviction ends."""
        return floor(self.max_total * self.target)

    def overrun(self, total: int) -> int:
        """Returns the bytes that versions and trash have to give back, so that `total` no longer reaches the threshold:
        they use the room that dashboards leave, and never more."""
        return max(0, floor(total - self.max_total * self.threshold) + 1)


def walk(
    candidates: Iterable[Candidate], total: int, target: int, excess: Mapping[int | None, int] | None = None
) -> list[Candidate]:
    """Returns the dashboards to evict, in the order of `candidates`, until `total` bytes are at most `target`. With
    `excess`, which maps owners to their bytes above their part, only those of owners that have some left."""
    chosen: list[Candidate] = []
    left = dict(excess or {})
    for one in candidates:
        if total <= target:
            break
        if excess is not None and left.get(one.owner_id, 0) <= 0:
            continue
        chosen.append(one)
        total -= one.size_bytes
        left[one.owner_id] = left.get(one.owner_id, 0) - one.size_bytes
    return chosen


def prefix(sizes: Iterable[tuple[Any, int]], wanted: int) -> list[Any]:
    """Returns the first keys whose sizes sum up to at least `wanted` bytes, or all."""
    chosen: list[Any] = []
    for key, size in sizes:
        if wanted <= 0:
            break
        chosen.append(key)
        wanted -= size
    return chosen


def etag_of(version: int, content: str) -> str:
    """Returns the entity tag of a content: versions may repeat after an import, contents of one version may not."""
    return f'"{version}-{hashlib.sha256(content.encode()).hexdigest()[:ETAG_HEX]}"'


def matches(if_match: str | None, etag: str) -> bool:
    """Whether the condition names the tag, is `*`, or is missing. Weak tags never match (RFC 9110)."""
    if if_match is None or if_match.strip() == "*":
        return True
    return etag in [one.strip() for one in if_match.split(",")]


def highest(*levels: str) -> str:
    """Returns the level that includes all others."""
    return max(levels, key=LEVELS.index)


def allows(level: str, wanted: str) -> bool:
    """Whether `level` includes `wanted`."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def compact(dto: Any) -> str:
    """Returns a value as the JSON text that is stored and counted."""
    return orjson.dumps(dto).decode()
