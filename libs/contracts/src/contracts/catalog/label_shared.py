"""What all messages of the label store share: who calls, and how lists are paged."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract
from contracts.shared import Actor, Json

LABEL_USER = "label-user"
"""Role of an actor that has come with a key pair of the label store; its owner looks up what the user may do."""
LABEL_SCOPE = "label-store"
"""What the credentials of the label store permit: its own routes and nothing else of the platform."""
_FIRST = 1 << 52
Id = Annotated[int, Field(ge=0, lt=2**63, examples=[12])]
Title = Annotated[str, Field(min_length=1, max_length=128, examples=["danube-2026"])]
LabelName = Annotated[str, Field(min_length=1, max_length=128)]
Metadata = Annotated[Json | None, Field(examples=[{"river": "Danube"}])]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
JobState = Literal["none", "queued", "running", "done", "failed"]


def label_actor(user_id: int, email: str) -> Actor:
    """Returns the actor of a label user. Its id is negative, like that of every user without an OSM account, and far
    from those of other users, so that it owns nothing of theirs."""
    scopes = frozenset({LABEL_SCOPE})
    return Actor(id=-_FIRST - user_id, username=email, roles=frozenset({LABEL_USER}), scopes=scopes)


def label_user_of(actor: Actor) -> int | None:
    """Returns the id of the label user whose actor this is; None for other actors."""
    return -_FIRST - actor.id if LABEL_USER in actor.roles else None


class ListPage(Contract):
    """A page of a list, from 1. `start` are the rows of that page that the caller has already: a page that is too large
    for the bus comes in several answers."""

    page: int = Field(default=1, ge=1, lt=2**31)
    per_page: int = Field(default=10, ge=1, lt=2**31)
    start: int = Field(default=0, ge=0, lt=2**31)


class LabelRows(Contract):
    """Answer to a list. `next_start` is the `start` that continues the page; None at its end. A page after the last one
    is NotFound `not_found`; page 1 of an empty list is an empty list."""

    total: int
    per_page: int
    results: list[Json]
    next_start: int | None = None


class SignedUrl(Contract):
    """A presigned GET of exactly one object."""

    url: str
    expires_at: str


class ImageRef(Contract):
    """An image by its id, or by its path, compared exactly; exactly one of the two."""

    id: Id | None = None
    filepath: str | None = None
