"""One attempt: claim the row, send with no transaction open, write down what came of it."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prometheus_client import Counter

from contracts.gateway.accounts import GetVerificationLetter, VerificationLetter
from contracts.notify import MailJob
from kit.errors import Conflict, DomainError, Invalid, NotFound
from kit.jobs import JobContext
from kit.messaging.bus import Bus
from kit.messaging.tx import Tx
from kit.patience import patiently
from notify.calls import Calls
from notify.due import ERRORS
from notify.mails.domain import PAUSES, TOO_LATE, VERIFICATION, Outcome, next_attempt, stale, verification_text
from notify.mails.ports import Letter, Mailer
from notify.tables import MailRow

log = logging.getLogger("notify.mail")
ATTEMPTS = Counter("fairway_mail_attempts_total", "Attempts to send a mail", ["fate"])
"""`fate`: sent, postponed, failed."""
HOPELESS = (Invalid, NotFound, Conflict)
CLAIM = timedelta(minutes=2)
"""Longer than an attempt takes, the wait for the database at its end included."""
PATIENCE = 30.0
WORN_OUT = "No attempt came to an end."


@dataclass
class Mailing:
    """What an attempt needs besides its job."""

    mailer: Mailer
    calls: Calls

    async def begin(self, job: MailJob, ctx: JobContext, bus: Bus) -> None:
        await self.calls.begin(self._through(job.mail_id, ctx, bus))

    async def _through(self, mail_id: int, ctx: JobContext, bus: Bus) -> None:
        held = await _claimed(mail_id, ctx)
        if held is not None:
            outcome = await self._outcome(held, bus)
            await patiently(lambda: _settle(held, outcome, ctx), PATIENCE, lambda error: isinstance(error, ERRORS))

    async def _outcome(self, held: MailRow, bus: Bus) -> Outcome:
        """Never raises: the row has to say why a mail was not sent."""
        try:
            await self.mailer.send(await _letter(held, bus))
        except DomainError as error:
            return Outcome(str(error), passes=not isinstance(error, HOPELESS))
        except Exception as error:
            log.exception("mail.broken", extra={"facts": {"mail": held.id}})
            return Outcome(type(error).__name__, passes=True)
        return Outcome()

    async def stop(self) -> None:
        await self.calls.stop()


async def _claimed(mail_id: int, ctx: JobContext) -> MailRow | None:
    """None when there is nothing to do now: it is done, in another worker's hands, or of no use any more."""
    async with ctx.tx() as tx:
        row, now = await _locked(mail_id, tx), datetime.now(UTC)
        if row is None or row.state != "queued" or (row.claimed_until and row.claimed_until > now):
            return None
        useless = WORN_OUT if row.attempts > len(PAUSES) else TOO_LATE if stale(row.kind, row.created_at, now) else ""
        if useless:
            _write(row, Outcome(useless))
        else:
            row.attempts, row.claimed_until, row.due_at = row.attempts + 1, now + CLAIM, now + CLAIM
    if useless:
        _note(row, "failed")
    return None if useless else row


async def _letter(row: MailRow, bus: Bus) -> Letter:
    """NotFound or Conflict when nobody waits for the proof of an address any more."""
    key = f"mail-{row.id}"
    if row.kind != VERIFICATION:
        return Letter(key, row.address, row.subject, row.body)
    assert row.user_id is not None
    found = VerificationLetter.model_validate_json(await bus.ask(GetVerificationLetter(user_id=row.user_id)))
    return Letter(key, found.email, *verification_text(found.username, found.url))


async def _settle(held: MailRow, outcome: Outcome, ctx: JobContext) -> None:
    """What a later attempt has overtaken writes nothing but that the mail was sent."""
    async with ctx.tx() as tx:
        row = await _locked(held.id, tx)
        if row is None or row.state != "queued" or (outcome.error and row.attempts != held.attempts):
            return
        _write(row, outcome)
    _note(row, "postponed" if row.state == "queued" else row.state)


def _write(row: MailRow, outcome: Outcome) -> None:
    now = datetime.now(UTC)
    row.error, row.claimed_until = outcome.error, None
    if not outcome.error:
        row.state, row.sent_at = "sent", now
    elif outcome.passes and (again := next_attempt(row.attempts, now)):
        row.due_at = again
    else:
        row.state = "failed"


def _note(row: MailRow, fate: str) -> None:
    ATTEMPTS.labels(fate).inc()
    if row.error:
        log.warning(f"mail.{fate}", extra={"facts": {"mail": row.id, "attempts": row.attempts, "reason": row.error}})


async def _locked(mail_id: int, tx: Tx) -> MailRow | None:
    return await tx.session.get(MailRow, mail_id, with_for_update=True)
