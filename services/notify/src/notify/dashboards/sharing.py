"""Titles, tags, permissions and links of dashboards."""

from datetime import UTC, datetime

from sqlalchemy import delete, func, insert, select, update

from contracts.notify import dashboard_sharing as c
from contracts.notify.dashboards import MAX_TEXT, DashboardText, Level
from kit.errors import Conflict, NotFound
from kit.messaging.tx import ReadTx, Tx
from notify.dashboards import listing
from notify.dashboards.domain import allows
from notify.dashboards.refusals import not_permitted
from notify.dashboards.rows import HEAD, locked, visible
from notify.dashboards.tables import DashboardRow, LinkRow, PermissionRow
from notify.dashboards.usecases import publish
from notify.dashboards.visibility import ALIVE

QUIETLY = {"synchronize_session": False}


async def change_details(command: c.ChangeDetails, tx: Tx) -> c.DashboardDetails:
    """What is beside the content may be changed while the content is protected."""
    row = await locked(command.dashboard_id, tx, ignores_protection=True)
    changes = command.model_dump(include={"title", "tags", "listed"}, exclude_none=True)
    for name, value in changes.items():
        setattr(row, name, value)
    await tx.session.flush()
    return await listing.details(command.dashboard_id, tx)


async def set_permissions(command: c.SetPermissions, tx: Tx) -> c.Permissions:
    row = await locked(command.dashboard_id, tx, "admin", ignores_protection=True)
    row.everyone = command.everyone
    await tx.session.execute(
        delete(PermissionRow).where(PermissionRow.dashboard_id == row.id), execution_options=QUIETLY
    )
    publish(tx, row, "permissions")
    users: dict[int, Level] = {one.user_id: one.level for one in command.users}
    if users:
        given = [{"dashboard_id": row.id, "user_id": user, "level": level} for user, level in users.items()]
        await tx.session.execute(insert(PermissionRow), given)
    return c.Permissions(everyone=command.everyone, users=[c.Permission(user_id=u, level=v) for u, v in users.items()])


async def get_permissions(dashboard_id: str, read: ReadTx) -> c.Permissions:
    row = await _administered(dashboard_id, read)
    mine = select(PermissionRow).where(PermissionRow.dashboard_id == row.id).order_by(PermissionRow.user_id)
    users = [c.Permission(user_id=one.user_id, level=one.level) for one in await read.session.scalars(mine)]  # type: ignore[arg-type]
    return c.Permissions(everyone=row.everyone, users=users)  # type: ignore[arg-type]


async def _administered(dashboard_id: str, read: ReadTx) -> DashboardRow:
    row, level = await visible(dashboard_id, read)
    if not allows(level, "admin"):
        raise not_permitted(dashboard_id)
    return row


async def create_link(command: c.CreateLink, tx: Tx) -> c.DashboardLink:
    row = await locked(command.dashboard_id, tx, "admin", ignores_protection=True)
    count = select(func.count()).select_from(LinkRow).where(LinkRow.dashboard_id == row.id)
    if (await tx.session.scalar(count) or 0) >= c.MAX_LINKS:
        raise Conflict("too_many_links", f"A dashboard has at most {c.MAX_LINKS} links: delete some.")
    link = LinkRow(
        id=command.link_id, dashboard_id=row.id, token_sha256=command.token_sha256, note=command.note,
        created_by=tx.actor.id, created_at=datetime.now(UTC), expires_at=command.expires_at, paused=False,
    )  # fmt: skip
    tx.session.add(link)
    return _shown(link)


async def change_link(command: c.ChangeLink, tx: Tx) -> c.DashboardLink:
    await locked(command.dashboard_id, tx, "admin", ignores_protection=True)
    link = await tx.session.get(LinkRow, command.link_id)
    if link is None or link.dashboard_id != command.dashboard_id:
        raise _no_link()
    link.paused = command.paused
    return _shown(link)


async def delete_link(command: c.DeleteLink, tx: Tx) -> None:
    await locked(command.dashboard_id, tx, "admin", ignores_protection=True)
    mine = (LinkRow.id == command.link_id) & (LinkRow.dashboard_id == command.dashboard_id)
    gone = await tx.session.execute(delete(LinkRow).where(mine).returning(LinkRow.id), execution_options=QUIETLY)
    if gone.scalar_one_or_none() is None:
        raise _no_link()


async def list_links(dashboard_id: str, read: ReadTx) -> list[c.DashboardLink]:
    row = await _administered(dashboard_id, read)
    newest = select(LinkRow).where(LinkRow.dashboard_id == row.id).order_by(LinkRow.created_at.desc(), LinkRow.id)
    return [_shown(link) for link in await read.session.scalars(newest)]


async def get_linked(query: c.GetLinked, read: ReadTx) -> DashboardText:
    """A link works until its time is over, and not while it is paused."""
    token = (LinkRow.token_sha256 == query.token_sha256) & LinkRow.paused.is_(False)
    in_time = (LinkRow.expires_at.is_(None)) | (LinkRow.expires_at > func.clock_timestamp())
    linked = select(LinkRow.dashboard_id).where(token, in_time).scalar_subquery()
    text = func.substr(DashboardRow.body, query.start + 1, MAX_TEXT).label("text")
    accessed = update(DashboardRow).where(DashboardRow.id == linked, ALIVE).values(last_access=func.clock_timestamp())
    return await listing.accessed(accessed.returning(*HEAD, text), read, _no_link())


def _no_link() -> NotFound:
    return NotFound("link_not_found", "There is no such link, or it does not work any more.")


def _shown(link: LinkRow) -> c.DashboardLink:
    names = ("id", "note", "created_at", "expires_at", "paused")
    return c.DashboardLink(**{name: getattr(link, name) for name in names})
