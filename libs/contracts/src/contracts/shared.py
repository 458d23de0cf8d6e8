"""Values that several owners speak of."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.base import Contract

StacId = Annotated[str, Field(min_length=1, max_length=200)]
Visibility = Literal["private", "public"]
Json = dict[str, Any]
RunStatus = Literal[
    "initializing", "submitted", "provisioning", "running", "completed", "failed",
    "cached", "retrying", "retried", "stopping", "stopped",
]  # fmt: skip
TERMINAL: frozenset[str] = frozenset({"completed", "failed", "cached", "retried", "stopped"})


class Actor(Contract):
    """Who asks. `id` is the OSM id (negative for synthetic users, 0 for a service); roles come from our tables only."""

    id: int
    username: str = ""
    roles: frozenset[str] = frozenset()

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles

    @property
    def is_anonymous(self) -> bool:
        return "anonymous" in self.roles

    def owns(self, user_id: int) -> bool:
        """May change what belongs to that user."""
        return not self.is_anonymous and (self.is_admin or self.id == user_id)


ANONYMOUS = Actor(id=0, roles=frozenset({"anonymous"}))


class CompactUser(Contract):
    osm_id: int
    username: str


class Comparison(Contract):
    """`value` as text; the owner of the list reads it as the column wants it and refuses what it cannot be."""

    field: str
    op: Literal["exact", "gt", "gte", "lt", "lte"] = "exact"
    value: str


class Page(Contract):
    """Which part of a list; `ordering` holds field names, `-` in front for descending, unknown ones are ignored."""

    limit: int = Field(default=50, ge=1, le=1000)
    offset: int = Field(default=0, ge=0)
    search: str = ""
    by_id: bool = False
    """A number in `search` may also be the id of a row."""
    ordering: str = ""
    in_bbox: tuple[float, float, float, float] | None = None
    compare: list[Comparison] = []
    """Ranges; a list that does not know a field ignores it."""


class Rows(Contract):
    """One page; `count` is the number of rows the caller may see in all."""

    count: int
    results: list[Json]


class Portion(Contract):
    """Part of a whole table, by number, for a service that keeps a copy. It holds whatever was told before `as_of`; an
    empty one is the end."""

    as_of: datetime
    rows: list[Json]


After = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class Progress(Contract):
    stage: str
    done: int
    total: int
    at: datetime
