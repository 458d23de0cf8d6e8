"""Mails about an account: to its owner, and to the people who delete accounts."""

from contracts.gateway import AccountDeletionRequested
from contracts.gateway.accounts import EmailVerificationRequested
from kit.ids import Ids
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.mails.domain import VERIFICATION, deletion_text
from notify.mails.outgoing import queue
from notify.settings import Settings

router = Router("notify")


@router.on(AccountDeletionRequested)
async def on_account_deletion_requested(event: AccountDeletionRequested, tx: Tx, ids: Ids, settings: Settings) -> None:
    subject, body = deletion_text(event.username, event.user_id)
    await queue(
        tx, ids, kind="deletion", user_id=event.user_id, address=settings.deletion_email, subject=subject, body=body
    )


@router.on(EmailVerificationRequested)
async def on_email_verification_requested(event: EmailVerificationRequested, tx: Tx, ids: Ids) -> None:
    await queue(tx, ids, kind=VERIFICATION, user_id=event.user_id, address="", subject="", body="")
