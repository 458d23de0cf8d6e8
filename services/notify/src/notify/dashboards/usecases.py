"""Writes of dashboards. Checks come in the order that clients rely on: protection, schema, size, existence."""

from sqlalchemy import func, insert, select, update

from contracts.notify import dashboards as c
from kit.errors import Forbidden, NotFound
from kit.messaging.tx import Tx
from notify.dashboards import content, versions
from notify.dashboards.domain import etag_of
from notify.dashboards.refusals import check_match, not_found
from notify.dashboards.rows import check_writable, head, locked
from notify.dashboards.schema_file import DashboardSchema
from notify.dashboards.settings import DashboardSettings
from notify.dashboards.tables import DashboardRow
from notify.dashboards.visibility import ALIVE, restorable_by

NOW = func.clock_timestamp()
QUIETLY = {"synchronize_session": False}


async def create(
    command: c.CreateDashboard, tx: Tx, settings: DashboardSettings, schema: DashboardSchema
) -> c.WriteResult:
    size = await content.check(command.content, settings, schema)
    owner = None if tx.actor.is_anonymous else tx.actor.id
    if owner is not None:
        await check_quota(tx, settings, owner, size, more=1)
    etag = etag_of(1, command.content)
    values = {
        "id": command.dashboard_id, "body": command.content, "size_bytes": size, "etag": etag, "owner_id": owner,
        "owner": tx.actor.username, "author_id": owner, "author": tx.actor.username, "expires_at": command.expires_at,
    }  # fmt: skip
    await tx.session.execute(insert(DashboardRow).values(values))
    return c.WriteResult(id=command.dashboard_id, etag=etag, version=1, size_bytes=size)


async def replace(
    command: c.ReplaceDashboard, tx: Tx, settings: DashboardSettings, schema: DashboardSchema
) -> c.WriteResult:
    await check_writable(command.dashboard_id, tx)
    size = await content.check(command.content, settings, schema)
    row = await locked(command.dashboard_id, tx)
    check_match(command.if_match, row.etag)
    if row.owner_id is not None:
        await check_quota(tx, settings, row.owner_id, size - row.size_bytes, more=0)
    await versions.keep(tx, row)
    row.body, row.size_bytes, row.version = command.content, size, row.version + 1
    row.etag = etag_of(row.version, command.content)
    return await _written(row, tx, "replaced", command.message)


async def restore_version(command: c.RestoreVersion, tx: Tx) -> c.WriteResult:
    row = await locked(command.dashboard_id, tx)
    check_match(command.if_match, row.etag)
    former = await versions.find(tx, row.id, command.number)
    if former is None:
        raise NotFound("version_not_found", f"Dashboard {row.id} has no version {command.number}.")
    body = former.body
    await versions.keep(tx, row)
    row.body, row.size_bytes, row.version = body, former.size_bytes, row.version + 1
    row.etag = etag_of(row.version, body)
    return await _written(row, tx, "restored", f"Version {command.number}", command.number)


async def _written(
    row: DashboardRow, tx: Tx, action: str, message: str, restored_from: int | None = None
) -> c.WriteResult:
    author = None if tx.actor.is_anonymous else tx.actor.id
    row.author_id, row.author, row.message, row.restored_from = author, tx.actor.username, message, restored_from
    await tx.session.flush()
    times = {"last_access": NOW, "updated_at": NOW}
    await tx.session.execute(
        update(DashboardRow).where(DashboardRow.id == row.id).values(times), execution_options=QUIETLY
    )
    publish(tx, row, action)
    return c.WriteResult(id=row.id, etag=row.etag, version=row.version, size_bytes=row.size_bytes)


def publish(tx: Tx, row: DashboardRow, action: str) -> None:
    user = None if tx.actor.is_anonymous else tx.actor.id
    tx.emit(c.DashboardUpdated(dashboard_id=row.id, action=action, etag=row.etag, version=row.version, user_id=user))  # type: ignore[arg-type]


async def delete(command: c.DeleteDashboard, tx: Tx) -> c.DashboardHead:
    row = await locked(command.dashboard_id, tx)
    check_match(command.if_match, row.etag)
    found = await head(row.id, tx)
    gone = {"deleted_at": NOW, "deletion": "deleted"}
    await tx.session.execute(
        update(DashboardRow).where(DashboardRow.id == row.id).values(gone), execution_options=QUIETLY
    )
    publish(tx, row, "deleted")
    return found


async def restore(command: c.RestoreDashboard, tx: Tx) -> c.DashboardHead:
    mine = update(DashboardRow).where(DashboardRow.id == command.dashboard_id, restorable_by(tx.actor))
    back = {"deleted_at": None, "deletion": "", "last_access": NOW, "expires_at": None}
    result = await tx.session.execute(mine.values(back).returning(DashboardRow.id), execution_options=QUIETLY)
    if result.scalar_one_or_none() is None:
        raise not_found(command.dashboard_id)
    found = await head(command.dashboard_id, tx)
    user = None if tx.actor.is_anonymous else tx.actor.id
    tx.emit(c.DashboardUpdated(dashboard_id=found.id, action="restored", etag=found.etag, version=found.version,
                               user_id=user))  # fmt: skip
    return found


async def set_flags(command: c.SetFlags, tx: Tx) -> dict[str, str]:
    """For administrators."""
    if not tx.actor.is_admin:
        raise Forbidden("admin_required", "Only administrators may do this.")
    flags = command.model_dump(include={"whitelisted", "protected"}, exclude_none=True)
    values = {"protected": DashboardRow.protected, **flags}  # an update without values is none
    mine = update(DashboardRow).where(DashboardRow.id == command.dashboard_id, ALIVE).values(values)
    result = await tx.session.execute(mine.returning(DashboardRow.id), execution_options=QUIETLY)
    if result.scalar_one_or_none() is None:
        raise not_found(command.dashboard_id)
    said = ", ".join(f"{name}: {str(value).lower()}" for name, value in flags.items())
    return {"message": f"Dashboard {command.dashboard_id}: {said}."}


async def check_quota(tx: Tx, settings: DashboardSettings, owner: int, size: int, more: int) -> None:
    """Raises Forbidden where the owner would have more dashboards or bytes than one owner may. Writes of one owner are
    counted one after the other."""
    if not (settings.dashboard_owner_bytes or settings.dashboard_owner_count):
        return
    key = func.hashtextextended(f"notify dashboards of {owner}", 0)
    await tx.session.execute(select(func.pg_advisory_xact_lock(key)))
    size_of_all = func.coalesce(func.sum(DashboardRow.size_bytes), 0)
    mine = select(func.count(), size_of_all).where(DashboardRow.owner_id == owner, DashboardRow.deleted_at.is_(None))
    count, total = (await tx.session.execute(mine)).one()
    if settings.dashboard_owner_count and more and count + more > settings.dashboard_owner_count:
        raise Forbidden(
            "quota", f"You have {count} dashboards, at most {settings.dashboard_owner_count} are allowed: delete some."
        )
    if settings.dashboard_owner_bytes and size > 0 and total + size > settings.dashboard_owner_bytes:
        text = f"Your dashboards would have {total + size} bytes, at most {settings.dashboard_owner_bytes} are allowed."
        raise Forbidden("quota", f"{text} Delete some, or store smaller ones.")
