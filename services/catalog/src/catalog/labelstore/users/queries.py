from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.paging import read_page
from catalog.labelstore.users.tables import LabelRoleRow, LabelUserRow
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog.label_users import GetLabelUser, LabelKey, ListLabelUsers
from contracts.shared import Json
from kit.errors import Forbidden, NotFound
from kit.messaging.tx import ReadTx

ROLE = func.json_build_object(
    "role_id", LabelRoleRow.id, "role", LabelRoleRow.role, "subject_type", LabelRoleRow.subject_type,
    "subject_id", LabelRoleRow.subject_id,
)  # fmt: skip
_roles = (
    select(func.coalesce(func.json_agg(aggregate_order_by(ROLE, LabelRoleRow.id)), func.json_build_array()))
    .where(LabelRoleRow.user_id == LabelUserRow.id)
    .correlate(LabelUserRow)
    .scalar_subquery()
)
USER: Any = func.json_build_object(
    "user_id", LabelUserRow.id, "email", LabelUserRow.email, "enabled", LabelUserRow.enabled,
    "apikey", LabelUserRow.api_key, "public_key", LabelUserRow.public_key, "roles", _roles, type_=JSON,
)  # fmt: skip


def by_email(email: str) -> Select[LabelUserRow]:
    return select(LabelUserRow).where(func.lower(LabelUserRow.email) == func.lower(email))


async def present_user(user_id: int, session: AsyncSession) -> Json:
    """Raises NotFound for an unknown user."""
    found = await session.scalar(select(USER).where(LabelUserRow.id == user_id))
    if found is None:
        raise NotFound("not_found", f"There is no user {user_id}.")
    return found


async def get_label_user(query: GetLabelUser, read: ReadTx) -> Json:
    """Raises NotFound for `me` of an operator of the platform, who is no user of the label store."""
    caller = await principal_of(read.actor, read.session)
    if query.user_id is not None:
        caller.require_admin()
        return await present_user(query.user_id, read.session)
    if caller.user_id is None:
        raise NotFound("not_found", "You are logged in to the platform, not with a key of the label store.")
    return await present_user(caller.user_id, read.session)


async def list_label_users(query: ListLabelUsers, read: ReadTx) -> bytes:
    (await principal_of(read.actor, read.session)).require_admin()
    rows = by_email(query.email) if query.email else select(LabelUserRow)
    return await read_page(rows, LabelUserRow.id, select(USER), query.page, read)


async def get_label_key(apikey: str, read: ReadTx) -> LabelKey:
    """For services only."""
    if "service" not in read.actor.roles:
        raise Forbidden("not_authorized", "Only services may ask for hashes of secrets.")
    row = await read.session.scalar(select(LabelUserRow).where(LabelUserRow.api_key == apikey))
    if row is None:
        raise NotFound("not_found", "There is no such key.")
    return LabelKey(user_id=row.id, email=row.email, enabled=row.enabled, hash=row.secret_hash or None)
