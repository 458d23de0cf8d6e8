"""Stars that users and anonymous browsers give to datasets and models."""

from pydantic import Field

from contracts.base import Command, Contract, Query

TARGET = Field(min_length=1, max_length=200)
"""Name of a model or `stac_id` of a dataset; its existence is not checked."""
IDENTITY = Field(default=None, pattern=r"^[0-9a-f]{64}$")
"""For an anonymous browser: SHA-256 of `<client address>|<User-Agent>`. Ignored for logged-in users."""


class Star(Contract):
    target_id: str
    starred: bool
    count: int


class GivenStar(Star):
    created: bool


class AddStar(Command, wire="catalog.v1.add_star"):
    """Result: `GivenStar`; 201 for a new star, 200 for an existing one."""

    expires = 30.0
    target_id: str = TARGET
    identity: str | None = IDENTITY


class RemoveStar(Command, wire="catalog.v1.remove_star"):
    expires = 30.0
    target_id: str = TARGET
    identity: str | None = IDENTITY


class GetStar(Query, wire="catalog.v1.get_star"):
    target_id: str = TARGET
    identity: str | None = IDENTITY
