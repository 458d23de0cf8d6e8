"""What the caller may do in the label store. Roles and `enabled` are looked up on each request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.users.domain import CAMPAIGN, IMAGE_ADMIN, LABELER, REVIEWER
from catalog.labelstore.users.tables import LabelRoleRow, LabelUserRow
from catalog.shared.access import can_see_all
from contracts.catalog.label_shared import label_user_of
from contracts.shared import Actor
from kit.db.sql import CompiledQuery
from kit.errors import Forbidden, Unauthenticated


@dataclass(frozen=True)
class Principal:
    """`labels` and `reviews` are the campaigns on which the caller is `labeler` and `reviewer`. `name` is the e-mail of
    a label user, or the name of an operator of the platform, who is an `image-admin` too."""

    name: str
    is_admin: bool
    user_id: int | None = None
    labels: frozenset[int] = frozenset()
    reviews: frozenset[int] = frozenset()

    def require_admin(self) -> None:
        """Raises Forbidden unless the caller is an image-admin."""
        if not self.is_admin:
            raise Forbidden("not_authorized", f"This needs the role {IMAGE_ADMIN}.")

    def require_labeler(self, campaign_id: int) -> None:
        """Raises Forbidden unless the caller works at the campaign or is an image-admin."""
        if not self.is_admin and campaign_id not in self.labels | self.reviews:
            raise Forbidden("not_authorized", f"This needs the role {LABELER} on campaign {campaign_id}.")

    def require_reviewer(self, campaign_id: int) -> None:
        """Raises Forbidden unless the caller reviews the campaign or is an image-admin."""
        if not self.is_admin and campaign_id not in self.reviews:
            raise Forbidden("not_authorized", f"This needs the role {REVIEWER} on campaign {campaign_id}.")


_columns = LabelUserRow.email, LabelRoleRow.role, LabelRoleRow.subject_type, LabelRoleRow.subject_id
_roles = (
    select(*_columns)
    .outerjoin(LabelRoleRow, LabelRoleRow.user_id == LabelUserRow.id)
    .where(LabelUserRow.id == bindparam("user_id"), LabelUserRow.enabled)
)
_ROLES = CompiledQuery(_roles)


async def principal_of(actor: Actor, session: AsyncSession) -> Principal:
    """Also tells the triggers of the audit trail who makes the changes of this transaction. Raises Unauthenticated for
    a label user that is disabled or gone."""
    user_id = label_user_of(actor)
    noted = func.set_config("labelstore.actor", actor.username or str(actor.id), True)
    if user_id is None:
        await session.execute(select(noted))
        return _operator(actor)
    rows = (await session.execute(_roles.add_columns(noted), {"user_id": user_id})).all()
    return _label_user(user_id, [tuple(row)[:4] for row in rows])


async def reader_of(actor: Actor, connection: AsyncConnection) -> Principal:
    """Returns what `principal_of` returns, for a caller that changes nothing."""
    user_id = label_user_of(actor)
    if user_id is None:
        return _operator(actor)
    rows = await _ROLES.rows(connection, user_id=user_id)
    return _label_user(user_id, [tuple(row.values()) for row in rows])


def _operator(actor: Actor) -> Principal:
    return Principal(actor.username or str(actor.id), can_see_all(actor) and actor.scopes is None)


def _label_user(user_id: int, rows: Sequence[tuple[Any, ...]]) -> Principal:
    if not rows:
        raise Unauthenticated("unauthenticated", "This user of the label store is disabled or does not exist any more.")
    roles = [(role, kind, subject) for _, role, kind, subject in rows]
    return Principal(
        name=rows[0][0], is_admin=(IMAGE_ADMIN, None, None) in roles, user_id=user_id,
        labels=_campaigns(roles, LABELER), reviews=_campaigns(roles, REVIEWER),
    )  # fmt: skip


def _campaigns(roles: Sequence[tuple[str | None, str | None, int | None]], wanted: str) -> frozenset[int]:
    return frozenset(
        subject for role, kind, subject in roles if role == wanted and kind == CAMPAIGN and subject is not None
    )
