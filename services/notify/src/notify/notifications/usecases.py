from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update

from contracts.notify import MarkAllRead, MarkRead, Notification, NotificationCreated
from kit.db.ids import IdAllocator
from kit.db.sql import CompiledQuery
from kit.errors import NotFound
from kit.messaging.tx import Tx
from notify.mails import enqueue as mails
from notify.notifications.domain import NotificationDraft, Recipient, subject_line
from notify.notifications.queries import view
from notify.notifications.tables import NotificationRow
from notify.projections.tables import KnownUser
from notify.webhooks.enqueue import enqueue_notification

_RECIPIENT = CompiledQuery(
    select(KnownUser.email, KnownUser.email_verified, KnownUser.delivery_methods).where(
        KnownUser.id == bindparam("user_id")
    )
)


async def notify_user(draft: NotificationDraft, tx: Tx, ids: IdAllocator, also_external: bool = True) -> None:
    """Writes a notification; sends a live event, a mail and webhook calls as the user chose. Without `also_external` it
    sends neither mail nor webhook calls."""
    recipient = await _recipient(draft.user_id, tx)
    values = asdict(draft) | {"is_read": False, "created_at": datetime.now(UTC)}
    row = NotificationRow(id=await ids.next(NotificationRow), **values)
    tx.insert(NotificationRow, id=row.id, **values)
    tx.emit(
        NotificationCreated(
            notification_id=row.id, user_id=row.user_id, message=row.message, about=draft.about, about_id=row.about_id,
            web=recipient.wants("web"),
        )
    )  # fmt: skip
    if also_external and recipient.wants("email") and recipient.email:
        await mails.enqueue_mail(
            tx, ids, notification_id=row.id, user_id=row.user_id, address=recipient.email, subject=subject_line(draft),
            body=row.message,
        )  # fmt: skip
    if also_external and recipient.wants("webhook"):
        await enqueue_notification(tx, ids, row.user_id, view(row))


async def _recipient(user_id: int, tx: Tx) -> Recipient:
    """Somebody of whom nothing was heard yet gets what everybody gets at first."""
    async with tx.db.raw() as connection:
        known = await _RECIPIENT.rows(connection, user_id=user_id)
    if not known:
        return Recipient()
    return Recipient(known[0]["email"], known[0]["email_verified"], tuple(known[0]["delivery_methods"]))


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
