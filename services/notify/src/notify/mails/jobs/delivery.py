"""One attempt: claim the row, send with no transaction open, write down what came of it."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prometheus_client import Counter

from contracts.gateway.accounts import GetVerificationLetter, VerificationLetter
from contracts.notify import MailJob
from kit.db.ids import IdAllocator
from kit.errors import Conflict, DomainError, Invalid, NotFound
from kit.jobs.context import JobContext
from kit.messaging.bus import Bus
from kit.messaging.tx import Tx
from kit.outages import is_outage
from notify.bounded_tasks import BoundedTasks
from notify.mails.domain import (
    PAUSES,
    TOO_LATE,
    VERIFICATION,
    Outcome,
    is_stale,
    next_attempt,
    outage_pause,
    verification_text,
)
from notify.mails.ports import POSTPONED, Email, Mailer
from notify.mails.tables import MailRow
from notify.mails.withheld import withhold

log = logging.getLogger("notify.mail")
ATTEMPTS = Counter("fairway_mail_attempts_total", "Attempts to send a mail", ["fate"])
"""`fate`: sent, postponed, failed."""
PERMANENT_ERRORS = (Invalid, NotFound, Conflict)
CLAIM_TIMEOUT = timedelta(minutes=2)
"""Longer than an attempt takes."""
NO_ATTEMPT_ENDED = "No attempt came to an end."


@dataclass
class MailDeliveryWorker:
    """What an attempt needs besides its job."""

    mailer: Mailer
    tasks: BoundedTasks
    ids: IdAllocator

    async def begin(self, job: MailJob, ctx: JobContext, bus: Bus) -> None:
        if not self.tasks.has(job.mail_id):
            await self.tasks.begin(job.mail_id, self._through(job.mail_id, ctx, bus))

    async def _through(self, mail_id: int, ctx: JobContext, bus: Bus) -> None:
        held = await _claimed(mail_id, ctx, self.ids)
        if held is not None:
            outcome = await self._outcome(held, bus)
            await _settle(held, outcome, ctx)

    async def _outcome(self, held: MailRow, bus: Bus) -> Outcome:
        """Never raises: the row has to say why a mail was not sent."""
        try:
            await self.mailer.send(await _email(held, bus))
        except DomainError as error:
            away = is_outage(error) and error.code != POSTPONED
            return Outcome(str(error), passes=not isinstance(error, PERMANENT_ERRORS), outage=away)
        except Exception as error:
            log.exception("mail.broken", extra={"fields": {"mail": held.id}})
            return Outcome(type(error).__name__, passes=True)
        return Outcome()

    async def stop(self) -> None:
        await self.tasks.stop()


async def _claimed(mail_id: int, ctx: JobContext, ids: IdAllocator) -> MailRow | None:
    """None when there is nothing to do now: it is done, in another worker's hands, of no use any more, or withheld."""
    async with ctx.tx() as tx:
        row, now = await _locked(mail_id, tx), datetime.now(UTC)
        if row is None or row.state != "queued" or (row.claimed_until and row.claimed_until > now):
            return None
        if not row.attempts and await withhold(row, tx, ids):
            return None
        useless = _give_up_reason(row, now)
        if useless:
            _write(row, Outcome(useless))
        else:
            row.attempts, row.claimed_until, row.due_at = row.attempts + 1, now + CLAIM_TIMEOUT, now + CLAIM_TIMEOUT
    if useless:
        _log_attempt(row, "failed")
    return None if useless else row


def _give_up_reason(row: MailRow, now: datetime) -> str:
    """Why no attempt makes sense any more; empty while one does."""
    if row.attempts - row.released > len(PAUSES):
        return NO_ATTEMPT_ENDED
    return TOO_LATE if is_stale(row.kind, row.created_at, now) else ""


async def _email(row: MailRow, bus: Bus) -> Email:
    """NotFound or Conflict when nobody waits for the proof of an address any more."""
    key = f"mail-{row.id}"
    if row.kind != VERIFICATION:
        return Email(key, row.address, row.subject, row.body)
    assert row.user_id is not None
    found = VerificationLetter.model_validate_json(await bus.ask(GetVerificationLetter(user_id=row.user_id)))
    return Email(key, found.email, *verification_text(found.url))


async def _settle(held: MailRow, outcome: Outcome, ctx: JobContext) -> None:
    """What a later attempt has overtaken writes nothing but that the mail was sent."""

    async def written(tx: Tx) -> MailRow | None:
        row = await _locked(held.id, tx)
        if row is None or row.state != "queued" or (outcome.error and row.attempts != held.attempts):
            return None
        _write(row, outcome)
        return row

    row = await ctx.write(written)
    if row is not None:
        _log_attempt(row, "postponed" if row.state == "queued" else row.state)


def _write(row: MailRow, outcome: Outcome) -> None:
    now = datetime.now(UTC)
    row.error, row.claimed_until = outcome.error, None
    if not outcome.error:
        row.state, row.sent_at = "sent", now
    elif outcome.outage:
        row.released += 1
        row.due_at = now + outage_pause(row.released)
    elif outcome.passes and (again := next_attempt(row.attempts - row.released, now)):
        row.due_at = again
    else:
        row.state = "failed"


def _log_attempt(row: MailRow, fate: str) -> None:
    ATTEMPTS.labels(fate).inc()
    if row.error:
        log.warning(f"mail.{fate}", extra={"fields": {"mail": row.id, "attempts": row.attempts, "reason": row.error}})


async def _locked(mail_id: int, tx: Tx) -> MailRow | None:
    return await tx.session.get(MailRow, mail_id, with_for_update=True)
