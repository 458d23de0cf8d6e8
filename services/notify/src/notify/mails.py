"""Sending what is queued. The row decides: a mail already sent is not sent again when its job comes back."""

from datetime import UTC, datetime

from contracts.gateway.accounts import GetVerificationLetter, VerificationLetter
from contracts.notify import MailJob
from kit.errors import Conflict, Invalid, NotFound
from kit.jobs import JobContext
from kit.messaging.bus import Bus
from notify.domain import verification_text
from notify.ports import Letter, Mailer
from notify.tables import MailRow

HOPELESS = (Invalid, NotFound, Conflict)


async def send_mail(job: MailJob, ctx: JobContext, mailer: Mailer, bus: Bus) -> None:
    """Unavailable brings the job back; after the last try the row says why."""
    async with ctx.read() as read:
        row = await read.session.get(MailRow, job.mail_id)
    if row is None or row.state == "sent":
        return
    try:
        await mailer.send(await _letter(row, bus))
    except Exception as error:
        if ctx.last or isinstance(error, HOPELESS):
            await _settle(job.mail_id, ctx, "failed", str(error))
            return
        raise
    await _settle(job.mail_id, ctx, "sent")


async def _letter(row: MailRow, bus: Bus) -> Letter:
    """NotFound or Conflict when nobody waits for the proof of an address any more."""
    key = f"mail-{row.id}"
    if row.kind != "verification":
        return Letter(key, row.address, row.subject, row.body)
    assert row.user_id is not None
    found = VerificationLetter.model_validate_json(await bus.ask(GetVerificationLetter(user_id=row.user_id)))
    return Letter(key, found.email, *verification_text(found.username, found.url))


async def _settle(mail_id: int, ctx: JobContext, state: str, error: str = "") -> None:
    async with ctx.tx() as tx:
        row = await tx.session.get_one(MailRow, mail_id)
        row.state, row.error = state, error
        row.sent_at = datetime.now(UTC) if state == "sent" else None
