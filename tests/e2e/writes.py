"""Kinds of write, one for each owner at least, and what they must leave in the databases."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

STEP = 1e-4
"""Degrees between the areas of two writes, so that each row can be traced to its write."""
BASE = "faults-base-model"
"""STAC id of the base model of all drafts; `tests.e2e.invariants` makes it known to training."""


@dataclass(frozen=True)
class Kind:
    name: str
    method: str
    path: str
    good: int
    body: Callable[["Write"], dict[str, Any]]
    made: Callable[[dict[str, Any]], int] | None = None
    """The id of the new row in the answer."""


@dataclass
class Write:
    """One write of one client: `key` is its Idempotency-Key, `person` its sender, `mark` is on its row."""

    kind: Kind
    person: int
    west: float
    south: float
    area: int = 0
    """Whose labels are uploaded."""
    key: str = field(default_factory=lambda: str(uuid4()))
    done: bool = False
    made: set[int] = field(default_factory=set)
    """Rows that answers named; more than one is one too many."""
    command: str | None = None
    """Where the verdict is told, where nobody had judged it yet."""

    @property
    def mark(self) -> str:
        return f"faults {self.key}"

    @property
    def path(self) -> str:
        return self.kind.path.format(area=self.area)

    def body(self) -> dict[str, Any]:
        return self.kind.body(self)


def _area(write: Write) -> dict[str, Any]:
    west, south = write.west, write.south
    east, north = west + STEP / 2, south + STEP / 2
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}


def _labels(write: Write) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [_area(write)]}


def _feedback(write: Write) -> dict[str, Any]:
    return {**_area(write), "properties": {"stac_id": BASE, "action": "reject", "comments": write.mark}}


AREA = Kind("area", "POST", "/aois/", 201, _area, lambda row: row["properties"]["id"])
UPLOAD = Kind("upload", "POST", "/labels/upload/{area}/", 202, _labels)
MODEL = Kind(
    "model", "POST", "/local-models/", 201, lambda w: {"title": w.mark, "base_model_stac_id": BASE}, lambda r: r["id"]
)
FEEDBACK = Kind("feedback", "POST", "/feedback/", 201, _feedback, lambda row: row["properties"]["id"])
STATE = Kind("state", "POST", "/user-state/", 201, lambda w: {"state": {"mark": w.mark}}, lambda row: row["pid"])
PROFILE = Kind("profile", "PATCH", "/auth/me/", 200, lambda w: {"newsletter_subscription": w.key > "8"})
KINDS = (AREA, UPLOAD, MODEL, FEEDBACK, STATE, PROFILE)
"""Of the catalog at once and by a job, of training, prediction, notify and the gateway itself."""


@dataclass
class Numbers:
    """Gives each write a place of its own: `south` is the latitude of all areas of one load."""

    south: float = field(default_factory=lambda: round(random.uniform(-60, 60), 6))
    _next: "count[int]" = field(default_factory=count)

    def write(self, kind: Kind, area: Write | None = None) -> Write:
        """`area` is the write whose area gets labels."""
        if area is not None:
            return Write(kind, area.person, area.west, area.south, next(iter(area.made)))
        number = next(self._next)
        return Write(kind, PEOPLE[number % len(PEOPLE)], round(10 + number * STEP, 6), self.south)


PEOPLE = range(5_000_000, 5_000_040)
