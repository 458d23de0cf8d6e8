"""Users, key pairs and roles of the label store.

The gateway makes key pairs and checks them: commands carry the public half and the hash of the secret, never a secret.
A secret has 128 random bits, so its SHA-256 is enough; `hash` is `sha256:<hex>`. Imported hashes are `bcrypt:<text>`
until the gateway has seen the secret (`RewriteLabelSecret`).
"""

from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Query
from contracts.catalog.label_shared import Id, ListPage

RoleName = Literal["image-admin", "labeler", "reviewer"]
KeyHash = str


class RoleGrant(Contract):
    """`image-admin` is bound to nothing; `labeler` and `reviewer` to a campaign. Anything else gives nothing."""

    role: str = Field(examples=["labeler"])
    subject_type: str | None = Field(default=None, examples=["campaign"])
    subject_id: Id | None = None


class LabelRole(RoleGrant):
    role_id: int


class LabelUser(Contract):
    user_id: int
    email: str = Field(examples=["party@labels.example"])
    enabled: bool
    apikey: str | None
    public_key: str | None = None
    roles: list[LabelRole] = []


class NewKey(Contract):
    """A pair that the gateway has just made."""

    apikey: str = Field(min_length=1, max_length=100, examples=["0f1e2d3c4b5a69788796a5b4c3d2e1f0"])
    hash: KeyHash = Field(min_length=1, max_length=200, examples=["sha256:" + "0" * 64])


class LabelKey(Contract):
    """What the gateway compares a secret with. A user that is disabled or has no hash never authenticates."""

    user_id: int
    email: str
    enabled: bool
    hash: KeyHash | None


class CreateLabelUser(Command, wire="catalog.v1.create_label_user"):
    """Result: `LabelUser`. Refusals: Invalid for an e-mail without one `@` in it, Conflict for one that is taken,
    Unprocessable `invalid_value` for a role that gives nothing or a campaign that does not exist."""

    expires = 30.0
    email: str = Field(max_length=200, examples=["party@labels.example"])
    key: NewKey | None = None
    roles: list[RoleGrant] = []


class ChangeLabelUser(Command, wire="catalog.v1.change_label_user"):
    """Conflict when it would disable the last enabled image-admin, or take a used e-mail."""

    expires = 30.0
    user_id: Id
    enabled: bool | None = None
    email: str | None = Field(default=None, max_length=200)


class IssueLabelKey(Command, wire="catalog.v1.issue_label_key"):
    """The pair of the user is this one from now on; the old one stops at once. Result: `LabelUser`."""

    expires = 30.0
    user_id: Id
    key: NewKey


class GrantLabelRole(Command, wire="catalog.v1.grant_label_role"):
    """Result: `LabelRole`. Conflict when the user has it already."""

    expires = 30.0
    user_id: Id
    grant: RoleGrant


class RevokeLabelRole(Command, wire="catalog.v1.revoke_label_role"):
    """Conflict for the last image-admin."""

    expires = 30.0
    user_id: Id
    role_id: Id


class RewriteLabelSecret(Command, wire="catalog.v1.rewrite_label_secret"):
    """For services: replaces an imported hash by that of the secret that has just matched it. Does nothing when the
    hash is not `old` any more."""

    expires = 30.0
    user_id: Id
    old: KeyHash
    new: KeyHash


class GetLabelKey(Query, wire="catalog.v1.get_label_key"):
    """For services. Result: `LabelKey`; NotFound for an unknown key."""

    apikey: str


class GetLabelUser(Query, wire="catalog.v1.get_label_user"):
    """Without `user_id`: the caller."""

    user_id: Id | None = None


class ListLabelUsers(Query, wire="catalog.v1.list_label_users"):
    """`email` is compared exactly, but for case."""

    page: ListPage = ListPage()
    email: str | None = None


class LabelUserChanged(Event, wire="catalog.v1.label_user_changed"):
    """Key, e-mail, roles or `enabled` of the user have changed: whoever keeps its key forgets it."""

    user_id: int

    def aggregate(self) -> str:
        return str(self.user_id)
