from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update

from contracts.gateway import UserChanged
from contracts.notify import MailJob, MarkAllRead, MarkRead, Notification, NotificationCreated
from kit.errors import NotFound
from kit.ids import Ids
from kit.messaging.tx import Tx
from kit.statements import Prepared
from notify.domain import Notice, subject_line, wants_mail
from notify.queries import view
from notify.tables import KnownUser, MailRow, NotificationRow

_READER = Prepared(select(KnownUser.email, KnownUser.delivery_methods).where(KnownUser.id == bindparam("user_id")))


async def tell(notice: Notice, tx: Tx, ids: Ids) -> None:
    """A row and an event for the open pages; a mail too where the user asked for it."""
    notification_id, now = await ids.next(NotificationRow), datetime.now(UTC)
    tx.insert(
        NotificationRow, id=notification_id, user_id=notice.user_id, message=notice.message, about=notice.about,
        about_id=notice.about_id, slug=notice.slug, created_at=now,
    )  # fmt: skip
    tx.emit(
        NotificationCreated(
            notification_id=notification_id, user_id=notice.user_id, message=notice.message,
            about=notice.about, about_id=notice.about_id,
        )
    )  # fmt: skip
    await _mail(notice, notification_id, now, tx, ids)


async def _mail(notice: Notice, notification_id: int, now: datetime, tx: Tx, ids: Ids) -> None:
    async with tx.db.raw() as connection:
        known = await _READER.rows(connection, user_id=notice.user_id)
    if not known or not wants_mail(known[0]["delivery_methods"], known[0]["email"]):
        return
    mail_id = await ids.next(MailRow)
    subject = subject_line(notice.message)
    tx.insert(
        MailRow, id=mail_id, notification_id=notification_id, address=known[0]["email"], subject=subject,
        body=notice.message, created_at=now,
    )  # fmt: skip
    tx.emit(MailJob(mail_id=mail_id))


async def mark_read(command: MarkRead, tx: Tx) -> Notification:
    row = await tx.session.get(NotificationRow, command.notification_id)
    if row is None or row.user_id != tx.actor.id:
        raise NotFound("notification_not_found")
    row.is_read, row.read_at = True, row.read_at or datetime.now(UTC)
    return view(row)


async def mark_all_read(command: MarkAllRead, tx: Tx) -> dict[str, str]:
    unread = (NotificationRow.user_id == tx.actor.id) & ~NotificationRow.is_read
    await tx.session.execute(update(NotificationRow).where(unread).values(is_read=True, read_at=datetime.now(UTC)))
    return {"detail": "ok"}


async def know_user(event: UserChanged, tx: Tx) -> None:
    assert tx.cause
    tx.upsert(
        KnownUser, key=["id"], newer="as_of", id=event.user_id, username=event.username, email=event.email,
        delivery_methods=list(event.delivery_methods), as_of=tx.cause.sent_at,
    )  # fmt: skip
