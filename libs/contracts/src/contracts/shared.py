"""Values that several owners use."""

from collections.abc import Iterable
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
    """The user or service that a message acts for. `id` is the OSM id (negative for synthetic users, 0 for a service);
    roles come from the gateway's tables only. `scopes` are what the credentials of the request permit; None for
    credentials without a limit, such as those of a login."""

    id: int
    username: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None

    def allows(self, scope: str) -> bool:
        """Whether the credentials permit what needs `scope`. Roles and ownership are checked besides."""
        return self.scopes is None or scope in self.scopes

    @property
    def is_admin(self) -> bool:
        """Whether the actor has the role `admin`."""
        return "admin" in self.roles

    @property
    def is_anonymous(self) -> bool:
        """Whether the actor is not logged in."""
        return "anonymous" in self.roles

    def owns(self, user_id: int) -> bool:
        """Whether the actor may change what belongs to the user `user_id`."""
        return not self.is_anonymous and (self.is_admin or self.id == user_id)


ANONYMOUS = Actor(id=0, roles=frozenset({"anonymous"}))


class CompactUser(Contract):
    osm_id: int
    username: str


class Comparison(Contract):
    """`value` is text; the owner of the list parses it for the column, and refuses what does not fit."""

    field: str
    op: Literal["exact", "gt", "gte", "lt", "lte"] = "exact"
    value: str


class Page(Contract):
    """Requested part of a list; `ordering` holds field names, with `-` in front for descending; unknown names are
    ignored."""

    limit: int = Field(default=50, ge=1, le=1000)
    offset: int = Field(default=0, ge=0)
    search: str = ""
    by_id: bool = False
    """A number in `search` also matches the id of a row."""
    ordering: str = ""
    in_bbox: tuple[float, float, float, float] | None = None
    compare: list[Comparison] = []
    """Ranges; a list ignores fields that it does not know."""


class Rows(Contract):
    """One page of a list; `count` is the number of all rows that the caller may see."""

    count: int
    results: list[Json]


class SnapshotPage(Contract):
    """Part of a whole table, by id, for a service that keeps a copy. It includes everything that was published before
    `as_of`; an empty page is the end."""

    as_of: datetime
    rows: list[Json]


Cursor = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class Progress(Contract):
    stage: str
    done: int
    total: int
    at: datetime


class Waiting(Contract):
    """Why work waits although nothing is wrong with it: a server of the platform is away. It continues by itself."""

    reason: str
    since: datetime


Remark = tuple[str, str]
"""A reason, and the thing it is about: `("The geometry crosses itself.", "feature 3")`."""
MAX_EXAMPLES = 5


class ReasonCount(Contract):
    """How many things share one reason. `reason` is a sentence for the mapper; `examples` name the first few."""

    reason: str
    count: int
    examples: list[str] = []


def dataset_topics(*datasets: int | None) -> tuple[str, ...]:
    """Returns the topics of the datasets that are given, each once."""
    return tuple(f"dataset:{number}" for number in dict.fromkeys(datasets) if number is not None)


class Outcome(Contract):
    """What became of everything that was requested: `wanted` is the sum of `done` and of the counts in `left_out`.

    `altered` counts things that are done, but not as requested (repaired, cut, split).
    """

    wanted: int
    done: int
    left_out: list[ReasonCount] = []
    altered: list[ReasonCount] = []

    @classmethod
    def of(cls, done: int, left_out: Iterable[Remark] = (), altered: Iterable[Remark] = ()) -> "Outcome":
        """Returns the outcome with remarks counted by reason, the most frequent reason first."""
        missing = _counted(left_out)
        return cls(
            wanted=done + sum(one.count for one in missing), done=done, left_out=missing, altered=_counted(altered)
        )


def _counted(remarks: Iterable[Remark]) -> list[ReasonCount]:
    """Keeps the order of the remarks in the examples."""
    found: dict[str, list[str]] = {}
    for reason, example in remarks:
        found.setdefault(reason, []).append(example)
    by_count = sorted(found.items(), key=lambda entry: -len(entry[1]))
    return [ReasonCount(reason=reason, count=len(all_), examples=all_[:MAX_EXAMPLES]) for reason, all_ in by_count]
