from sqlalchemy import BigInteger, column, exists, func, select, table

from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.users.domain import BOUND_ROLES, IMAGE_ADMIN, is_email, role_problem
from catalog.labelstore.users.queries import by_email, present_user
from catalog.labelstore.users.tables import LabelRoleRow, LabelUserRow
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_users as c
from contracts.shared import Json
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unprocessable
from kit.messaging.tx import Tx

campaigns = table("campaigns", column("id", BigInteger), schema=SCHEMA)
"""All that a role needs to know of a campaign: whether there is one."""


async def create_label_user(command: c.CreateLabelUser, tx: Tx) -> Json:
    (await principal_of(tx.actor, tx.session)).require_admin()
    await _refuse_email(command.email, tx)
    row = new_user(command.email, command.key)
    tx.session.add(row)
    await tx.session.flush()
    for grant in command.roles:
        await _add_role(row.id, grant, tx)
    return await present_user(row.id, tx.session)


def new_user(email: str, key: c.NewKey | None) -> LabelUserRow:
    return LabelUserRow(email=email, api_key=key and key.apikey, secret_hash=key and key.hash)


async def change_label_user(command: c.ChangeLabelUser, tx: Tx) -> Json:
    (await principal_of(tx.actor, tx.session)).require_admin()
    await _lock_admins(tx)
    row = await _user(command.user_id, tx)
    if command.email is not None and command.email.lower() != row.email.lower():
        await _refuse_email(command.email, tx)
    row.email = row.email if command.email is None else command.email
    if command.enabled is False:
        await _refuse_last_admin(row.id, tx)
    row.enabled = row.enabled if command.enabled is None else command.enabled
    return await _changed(row.id, tx)


async def issue_label_key(command: c.IssueLabelKey, tx: Tx) -> Json:
    (await principal_of(tx.actor, tx.session)).require_admin()
    row = await _user(command.user_id, tx)
    set_key(row, command.key, tx)
    return await _changed(row.id, tx)


def set_key(row: LabelUserRow, key: c.NewKey, tx: Tx) -> None:
    row.api_key, row.secret_hash = key.apikey, key.hash
    tx.emit(c.LabelUserChanged(user_id=row.id))


async def rewrite_label_secret(command: c.RewriteLabelSecret, tx: Tx) -> None:
    if "service" not in tx.actor.roles:
        raise Forbidden("not_authorized", "Only services may rewrite hashes of secrets.")
    row = await tx.session.get(LabelUserRow, command.user_id, with_for_update=True)
    if row is not None and row.secret_hash == command.old:
        row.secret_hash = command.new
        tx.emit(c.LabelUserChanged(user_id=row.id))


async def grant_label_role(command: c.GrantLabelRole, tx: Tx) -> Json:
    (await principal_of(tx.actor, tx.session)).require_admin()
    row = await _user(command.user_id, tx)
    role_id = await _add_role(row.id, command.grant, tx)
    tx.emit(c.LabelUserChanged(user_id=row.id))
    return {**command.grant.model_dump(), "role_id": role_id}


async def revoke_label_role(command: c.RevokeLabelRole, tx: Tx) -> None:
    (await principal_of(tx.actor, tx.session)).require_admin()
    await _lock_admins(tx)
    role = await tx.session.get(LabelRoleRow, command.role_id)
    if role is None or role.user_id != command.user_id:
        raise NotFound("not_found", f"User {command.user_id} has no role {command.role_id}.")
    if role.role == IMAGE_ADMIN:
        await _refuse_last_admin(command.user_id, tx)
    await tx.session.delete(role)
    tx.emit(c.LabelUserChanged(user_id=command.user_id))


async def _changed(user_id: int, tx: Tx) -> Json:
    tx.emit(c.LabelUserChanged(user_id=user_id))
    await tx.session.flush()
    return await present_user(user_id, tx.session)


async def _user(user_id: int, tx: Tx) -> LabelUserRow:
    row = await tx.session.get(LabelUserRow, user_id, with_for_update=True)
    if row is None:
        raise NotFound("not_found", f"There is no user {user_id}.")
    return row


async def _refuse_email(email: str, tx: Tx) -> None:
    if not is_email(email):
        problem = "An e-mail address has something before and after one @."
        raise Invalid("invalid_request", problem, email=[problem])
    if await tx.session.scalar(by_email(email)):
        raise Conflict("conflict", f"There is a user with the e-mail {email} already.")


async def _add_role(user_id: int, grant: c.RoleGrant, tx: Tx) -> int:
    if problem := role_problem(grant.role, grant.subject_type, grant.subject_id):
        raise Unprocessable("invalid_value", problem)
    if grant.role in BOUND_ROLES and not await tx.session.scalar(
        select(exists().where(campaigns.c.id == grant.subject_id))
    ):
        raise Unprocessable("invalid_value", f"There is no campaign {grant.subject_id}.")
    if await tx.session.scalar(_same_role(user_id, grant)):
        raise Conflict("conflict", f"User {user_id} has this role already.")
    role = LabelRoleRow(user_id=user_id, **grant.model_dump(include={"role", "subject_type", "subject_id"}))
    tx.session.add(role)
    await tx.session.flush()
    return role.id


def _same_role(user_id: int, grant: c.RoleGrant):
    return select(LabelRoleRow.id).where(
        LabelRoleRow.user_id == user_id, LabelRoleRow.role == grant.role,
        LabelRoleRow.subject_id.is_not_distinct_from(grant.subject_id),
        LabelRoleRow.subject_type.is_not_distinct_from(grant.subject_type),
    )  # fmt: skip


async def _lock_admins(tx: Tx) -> None:
    """Two changes at once must not take the last two administrators away."""
    await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{SCHEMA}.admins"))))


async def _refuse_last_admin(user_id: int, tx: Tx) -> None:
    admins = (
        select(LabelUserRow.id).join(LabelRoleRow, LabelRoleRow.user_id == LabelUserRow.id)
        .where(LabelRoleRow.role == IMAGE_ADMIN, LabelRoleRow.subject_type.is_(None), LabelUserRow.enabled)
    )  # fmt: skip
    if set((await tx.session.scalars(admins)).all()) == {user_id}:
        raise Conflict("conflict", f"User {user_id} is the last enabled {IMAGE_ADMIN}; make another one first.")
