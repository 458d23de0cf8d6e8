"""Links of identities of the provider (Hanko) to accounts; administrators of mappings write them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from contracts.base import Command, Contract, Query

ADMIN = "mapping-admin"
"""The role of callers whose address is in ADMIN_EMAILS; it holds for these messages only."""
Id = Annotated[str, Field(min_length=1, max_length=200)]


class Mapping(Contract):
    hanko_user_id: str
    app_user_id: str
    app_name: str
    created_at: datetime
    updated_at: datetime
    app_username: str | None
    app_email: str | None


class ListMappings(Query, wire="gateway.v1.list_mappings"):
    """Returns `{count, results}`, newest first."""

    limit: int = Field(default=50, ge=1, le=100)
    offset: int = Field(default=0, ge=0)


class GetMapping(Query, wire="gateway.v1.get_mapping"):
    hanko_user_id: Id


class CreateMapping(Command, wire="gateway.v1.create_mapping"):
    """Refused with `mapping_exists` when the identity is linked already."""

    expires = 30.0
    hanko_user_id: Id
    app_user_id: Id


class ChangeMapping(Command, wire="gateway.v1.change_mapping"):
    expires = 30.0
    hanko_user_id: Id
    app_user_id: Id


class DeleteMapping(Command, wire="gateway.v1.delete_mapping"):
    expires = 30.0
    hanko_user_id: Id
