from typing import cast

from sqlalchemy import bindparam, func, select

from contracts.notify import About, ListNotifications, Notification, RelatedObj
from contracts.shared import Rows
from kit.db.sql import CompiledQuery
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from notify.notifications.tables import NotificationRow
from notify.notifications.visibility import visible_to

_UNREAD = CompiledQuery(
    select(func.count()).where(NotificationRow.user_id == bindparam("user_id"), ~NotificationRow.is_read)
)


def view(row: NotificationRow) -> Notification:
    number = row.about_id if row.about == "package_job" else int(row.about_id)
    about = RelatedObj(id=number, type=cast(About, row.about), model=row.model)
    return Notification(
        id=row.id, message=row.message, is_read=row.is_read, created_at=row.created_at, read_at=row.read_at,
        related_obj=about, training_model=row.model,
    )  # fmt: skip


async def get_notification(notification_id: int, read: ReadTx) -> Notification:
    row = await read.session.get(NotificationRow, notification_id)
    if row is None or row.user_id != read.actor.id:
        raise NotFound("notification_not_found")
    return view(row)


async def list_notifications(query: ListNotifications, read: ReadTx) -> Rows:
    mine = visible_to(read.actor)
    if query.is_read is not None:
        mine &= NotificationRow.is_read.is_(query.is_read)
    count = await read.session.scalar(select(func.count()).select_from(NotificationRow).where(mine))
    newest = select(NotificationRow).where(mine).order_by(NotificationRow.created_at.desc(), NotificationRow.id.desc())
    rows = await read.session.scalars(newest.limit(query.page.limit).offset(query.page.offset))
    return Rows(count=count or 0, results=[view(row).model_dump(mode="json") for row in rows])


async def count_unread(read: ReadTx) -> dict[str, int]:
    async with read.db.raw() as connection:
        return {"unread": await _UNREAD.value(connection, user_id=read.actor.id)}
