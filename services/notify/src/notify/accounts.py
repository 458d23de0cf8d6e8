"""Mails about an account: to its owner, and to the people who delete accounts."""

from datetime import UTC, datetime
from typing import Any

from contracts.gateway import AccountDeletionRequested
from contracts.gateway.accounts import EmailVerificationRequested
from contracts.notify import MailJob
from kit.ids import Ids
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.domain import deletion_text
from notify.settings import Settings
from notify.tables import MailRow

router = Router("notify")


@router.on(AccountDeletionRequested)
async def on_account_deletion_requested(event: AccountDeletionRequested, tx: Tx, ids: Ids, settings: Settings) -> None:
    subject, body = deletion_text(event.username, event.user_id)
    await _queue(tx, ids, event.user_id, kind="deletion", address=settings.deletion_email, subject=subject, body=body)


@router.on(EmailVerificationRequested)
async def on_email_verification_requested(event: EmailVerificationRequested, tx: Tx, ids: Ids) -> None:
    await _queue(tx, ids, event.user_id, kind="verification", address="", subject="", body="")


async def _queue(tx: Tx, ids: Ids, user_id: int, **values: Any) -> None:
    mail_id = await ids.next(MailRow)
    tx.insert(MailRow, id=mail_id, user_id=user_id, created_at=datetime.now(UTC), **values)
    tx.emit(MailJob(mail_id=mail_id))
