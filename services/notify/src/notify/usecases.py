from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update

from contracts.gateway import UserChanged
from contracts.notify import MarkAllRead, MarkRead, Notification, NotificationCreated
from kit.errors import NotFound
from kit.ids import Ids
from kit.messaging.tx import Tx
from kit.statements import Prepared
from notify.domain import Notice, Reader, subject_line
from notify.kpi.projection import USERS, heard
from notify.mails import outgoing as mails
from notify.queries import view
from notify.tables import KnownUser, NotificationRow
from notify.webhooks.outgoing import queue_notification

_READER = Prepared(select(KnownUser.email, KnownUser.delivery_methods).where(KnownUser.id == bindparam("user_id")))


async def tell(notice: Notice, tx: Tx, ids: Ids, elsewhere: bool = True) -> None:
    """A row in any case; a live event, a mail and calls of webhooks as the user chose. Without `elsewhere` neither mail
    nor webhooks."""
    reader = await _reader(notice.user_id, tx)
    values = asdict(notice) | {"is_read": False, "created_at": datetime.now(UTC)}
    row = NotificationRow(id=await ids.next(NotificationRow), **values)
    tx.insert(NotificationRow, id=row.id, **values)
    tx.emit(
        NotificationCreated(
            notification_id=row.id, user_id=row.user_id, message=row.message, about=notice.about, about_id=row.about_id,
            web=reader.wants("web"),
        )
    )  # fmt: skip
    if elsewhere and reader.wants_mail:
        subject = subject_line(row.message)
        await mails.queue(tx, ids, notification_id=row.id, address=reader.email, subject=subject, body=row.message)
    if elsewhere and reader.wants("webhook"):
        await queue_notification(tx, ids, row.user_id, view(row))


async def _reader(user_id: int, tx: Tx) -> Reader:
    """Somebody of whom nothing was heard yet gets what everybody gets at first."""
    async with tx.db.raw() as connection:
        known = await _READER.rows(connection, user_id=user_id)
    return Reader(known[0]["email"], tuple(known[0]["delivery_methods"])) if known else Reader()


async def mark_read(command: MarkRead, tx: Tx) -> Notification:
    row = await tx.session.get(NotificationRow, command.notification_id)
    if row is None or row.user_id != tx.actor.id:
        raise NotFound("notification_not_found")
    row.is_read, row.read_at = True, row.read_at or datetime.now(UTC)
    return view(row)


async def mark_all_read(command: MarkAllRead, tx: Tx) -> dict[str, str]:
    unread = (NotificationRow.user_id == tx.actor.id) & ~NotificationRow.is_read
    marked = await tx.session.execute(
        update(NotificationRow)
        .where(unread)
        .values(is_read=True, read_at=datetime.now(UTC))
        .returning(NotificationRow.id)
    )
    if command.missed and marked.first() is None:
        raise NotFound("nothing_unread", "No unread notifications found.")
    return {"detail": "ok"}


async def know_user(event: UserChanged, tx: Tx) -> None:
    heard(
        USERS, tx, id=event.user_id, username=event.username, email=event.email,
        delivery_methods=list(event.delivery_methods),
    )  # fmt: skip
