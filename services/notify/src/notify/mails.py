"""Sending what is queued. The row decides: a mail already sent is not sent again when its job comes back."""

from datetime import UTC, datetime

from contracts.notify import MailJob
from kit.errors import Invalid
from kit.jobs import JobContext
from notify.ports import Letter, Mailer
from notify.tables import MailRow


async def send_mail(job: MailJob, ctx: JobContext, mailer: Mailer) -> None:
    """Unavailable brings the job back; after the last try the row says why."""
    async with ctx.read() as read:
        row = await read.session.get(MailRow, job.mail_id)
    if row is None or row.state == "sent":
        return
    try:
        await mailer.send(Letter(f"mail-{row.id}", row.address, row.subject, row.body))
    except Exception as error:
        if ctx.last or isinstance(error, Invalid):
            await _settle(job.mail_id, ctx, "failed", str(error))
            return
        raise
    await _settle(job.mail_id, ctx, "sent")


async def _settle(mail_id: int, ctx: JobContext, state: str, error: str = "") -> None:
    async with ctx.tx() as tx:
        row = await tx.session.get_one(MailRow, mail_id)
        row.state, row.error = state, error
        row.sent_at = datetime.now(UTC) if state == "sent" else None
