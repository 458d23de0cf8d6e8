"""Sends queued mails, and queues those about accounts: to their owner, and to the people who delete accounts."""

from contracts.gateway import AccountDeletionRequested
from contracts.gateway.accounts import EmailVerificationRequested
from contracts.notify import MailJob
from kit.db.ids import IdAllocator
from kit.jobs.context import JobContext
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.mails.domain import DELETION, VERIFICATION, deletion_text
from notify.mails.enqueue import enqueue_mail
from notify.mails.jobs.delivery import MailDeliveryWorker
from notify.settings import Settings

router = Router("notify")


@router.on(AccountDeletionRequested)
async def on_account_deletion_requested(
    event: AccountDeletionRequested, tx: Tx, ids: IdAllocator, settings: Settings
) -> None:
    subject, body = deletion_text(event.username, event.user_id)
    await enqueue_mail(
        tx, ids, kind=DELETION, user_id=event.user_id, address=settings.deletion_email, subject=subject, body=body
    )


@router.on(EmailVerificationRequested)
async def on_email_verification_requested(event: EmailVerificationRequested, tx: Tx, ids: IdAllocator) -> None:
    await enqueue_mail(tx, ids, kind=VERIFICATION, user_id=event.user_id, address="", subject="", body="")


@router.job(MailJob)
async def send_mail(job: MailJob, ctx: JobContext, worker: MailDeliveryWorker, bus: Bus) -> None:
    await worker.begin(job, ctx, bus)
