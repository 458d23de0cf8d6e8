"""Withholds mails by our rules: counts them by reason and notifies their user in the application instead."""

from datetime import UTC, datetime, timedelta
from typing import cast

from prometheus_client import Counter
from sqlalchemy import func, select

from kit.db.ids import IdAllocator
from kit.messaging.tx import Tx
from notify.mails.domain import NOTIFICATION, Reason, reason_to_withhold, withheld_text
from notify.mails.tables import MailRow
from notify.notifications.domain import About, Recipient, draft_notification
from notify.notifications.tables import NotificationRow
from notify.notifications.usecases import notify_user
from notify.projections.tables import KnownUser

WITHHELD = Counter("fairway_mails_withheld_total", "Mails that a rule of ours kept back", ["reason"])
"""`reason`: unverified, capped."""
HOUR, MAX_AGE = timedelta(hours=1), timedelta(days=2)


async def withhold(row: MailRow, tx: Tx, ids: IdAllocator) -> bool:
    """Returns whether the mail is withheld. If not, sets its address to the one that its user has verified by now."""
    user_id = await _user_of(row, tx)
    recipient = await _recipient(user_id, tx) if row.kind == NOTIFICATION else None
    reason = reason_to_withhold(row.kind, recipient, await _sent_within_hour(row, user_id, tx))
    if reason is None:
        row.address = recipient.email if recipient else row.address
        return False
    row.state, row.error, row.user_id, row.due_at = "withheld", reason, user_id, datetime.now(UTC)
    WITHHELD.labels(reason).inc()
    if row.notification_id is not None:
        await _notify_user(row.notification_id, reason, tx, ids)
    return True


async def _user_of(row: MailRow, tx: Tx) -> int | None:
    """The former release made mails without it."""
    of_notification = select(NotificationRow.user_id).where(NotificationRow.id == row.notification_id)
    return row.user_id if row.user_id is not None else await tx.session.scalar(of_notification)


async def _recipient(user_id: int | None, tx: Tx) -> Recipient:
    known = await tx.session.get(KnownUser, user_id) if user_id is not None else None
    return Recipient(known.email, known.email_verified, tuple(known.delivery_methods)) if known else Recipient()


async def _sent_within_hour(row: MailRow, user_id: int | None, tx: Tx) -> int:
    """Mails of this kind that the user got or caused within the hour. Two workers count one after the other."""
    key = func.hashtextextended(f"mails {user_id}", 0)
    await tx.session.execute(select(func.pg_advisory_xact_lock(key)))
    now, tried_at = datetime.now(UTC), func.coalesce(MailRow.sent_at, MailRow.due_at)
    recent = (MailRow.created_at > now - MAX_AGE) & (MailRow.attempts > 0) & (tried_at > now - HOUR)
    same = (MailRow.user_id == user_id) & (MailRow.kind == row.kind) & (MailRow.id != row.id)
    return await tx.session.scalar(select(func.count()).select_from(MailRow).where(same & recent)) or 0


async def _notify_user(notification_id: int, reason: Reason, tx: Tx, ids: IdAllocator) -> None:
    """One notification for each reason until it is read; it says how many mails it stands for."""
    about = await tx.session.get_one(NotificationRow, notification_id)
    slug = f"mail-{reason}"
    same = (NotificationRow.user_id == about.user_id) & (NotificationRow.slug == slug) & ~NotificationRow.is_read
    present = await tx.session.scalar(select(NotificationRow).where(same).limit(1).with_for_update())
    if present:
        present.message = withheld_text(reason, 1 + await _withheld_since(present, reason, tx))
        return
    text = withheld_text(reason, 1)
    draft = draft_notification(
        about.user_id, cast(About, about.about), about.about_id, slug, text, model=about.model
    )  # fmt: skip
    await notify_user(draft, tx, ids, also_external=False)


async def _withheld_since(present: NotificationRow, reason: Reason, tx: Tx) -> int:
    mine = (MailRow.user_id == present.user_id) & (MailRow.state == "withheld") & (MailRow.error == reason)
    later = select(func.count()).select_from(MailRow).where(mine & (MailRow.due_at > present.created_at))
    return await tx.session.scalar(later) or 0
