"""One attempt: claim the row, call the address with no transaction open, write down what came of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from contracts.notify.webhooks import WebhookJob
from kit.ids import Ids
from kit.jobs import JobContext
from kit.messaging.tx import Tx
from notify.calls import Calls
from notify.domain import notice
from notify.usecases import tell
from notify.webhooks.domain import (
    ANSWER,
    NOTIFICATION,
    VERIFICATION,
    WRONG,
    Outcome,
    challenge_in,
    headers,
    hopeless,
    next_attempt,
    proves,
    quiet_until,
)
from notify.webhooks.ports import Line
from notify.webhooks.seal import Seal, Unsealable
from notify.webhooks.tables import DeliveryRow, WebhookRow

CLAIM = timedelta(seconds=30)
OFF = "The webhook was switched off."
UNVERIFIED = "The webhook is not verified."


@dataclass(frozen=True)
class Attempt:
    """`number` is the fencing token: what a later attempt has overtaken writes nothing. `challenge` only of a
    verification."""

    delivery_id: int
    number: int
    url: str
    secret: str
    message_id: str
    body: bytes
    challenge: str


@dataclass
class Sending:
    """What an attempt needs besides its job."""

    line: Line
    seal: Seal
    ids: Ids
    calls: Calls

    async def begin(self, job: WebhookJob, ctx: JobContext) -> None:
        attempt = await _claimed(job.delivery_id, ctx)
        if attempt is not None:
            await self.calls.begin(self._through(attempt, ctx))

    async def _through(self, attempt: Attempt, ctx: JobContext) -> None:
        outcome = await _call(attempt, self.line, self.seal)
        async with ctx.tx() as tx:
            await _settle(attempt, outcome, tx, self.ids)

    async def stop(self) -> None:
        await self.calls.stop()


async def _claimed(delivery_id: int, ctx: JobContext) -> Attempt | None:
    """None when there is nothing to do now: it is done, in another worker's hands, or its address is left alone."""
    async with ctx.tx() as tx:
        found = await _locked(delivery_id, tx)
        if found is None or not _free(*found):
            return None
        row, webhook = found
        if reason := _barred(*found):
            row.state, row.error = "failed", reason
            return None
        row.attempts, row.claimed_until, row.due_at = row.attempts + 1, _now() + CLAIM, _now() + CLAIM
        challenge = challenge_in(row.body) if row.event_type == VERIFICATION else ""
        number, body = row.attempts, row.body.encode()
        return Attempt(row.id, number, webhook.url, webhook.secret, str(row.message_id), body, challenge)


def _barred(row: DeliveryRow, webhook: WebhookRow) -> str:
    """Why nothing of its kind goes to this address; empty when it may."""
    if row.event_type == NOTIFICATION and not webhook.active:
        return OFF
    return UNVERIFIED if row.event_type != VERIFICATION and webhook.verified_at is None else ""


def _free(row: DeliveryRow, webhook: WebhookRow) -> bool:
    claimed = row.claimed_until is not None and row.claimed_until > _now()
    quiet = webhook.quiet_until is not None and webhook.quiet_until > _now()
    return row.state == "queued" and not claimed and not (quiet and row.event_type == NOTIFICATION)


async def _call(attempt: Attempt, line: Line, seal: Seal) -> Outcome:
    try:
        signed = headers(seal.open(attempt.secret), attempt.message_id, _now(), attempt.body)
    except Unsealable:
        return Outcome(error="The secret cannot be read any more. Rotate it.")
    outcome = await line.post(attempt.url, attempt.body, signed, ANSWER if attempt.challenge else 0)
    unproven = outcome.taken and attempt.challenge and not proves(outcome.answer, attempt.challenge)
    return Outcome(outcome.code, WRONG) if unproven else outcome


async def _settle(attempt: Attempt, outcome: Outcome, tx: Tx, ids: Ids) -> None:
    found = await _locked(attempt.delivery_id, tx)
    if found is None or found[0].state != "queued" or found[0].attempts != attempt.number:
        return
    row, webhook = found
    row.response_code, row.error, row.last_attempt_at, row.claimed_until = outcome.code, outcome.error, _now(), None
    if outcome.taken:
        row.state, row.delivered_at = "delivered", _now()
        webhook.failures, webhook.failing_since, webhook.quiet_until = 0, None, None
        if row.event_type == VERIFICATION:
            webhook.verified_at, webhook.reason = _now(), ""
    else:
        await _failed(row, webhook, outcome, tx, ids)
    webhook.last_status, webhook.last_attempt_at = row.state, row.last_attempt_at


async def _failed(row: DeliveryRow, webhook: WebhookRow, outcome: Outcome, tx: Tx, ids: Ids) -> None:
    again = next_attempt(row.attempts, row.event_type, _now())
    row.state, row.due_at = ("failed", row.due_at) if again is None else ("queued", again)
    if row.event_type == VERIFICATION:
        webhook.reason = outcome.error
    if row.event_type == NOTIFICATION:
        await _blame(row, webhook, outcome, tx, ids)


async def _blame(row: DeliveryRow, webhook: WebhookRow, outcome: Outcome, tx: Tx, ids: Ids) -> None:
    now = _now()
    webhook.failures, webhook.failing_since = webhook.failures + 1, webhook.failing_since or now
    webhook.quiet_until = quiet_until(webhook.failures, now)
    if reason := hopeless(outcome.code, webhook.failing_since, now):
        await _switch_off(row, webhook, reason, tx, ids)


async def _switch_off(row: DeliveryRow, webhook: WebhookRow, reason: str, tx: Tx, ids: Ids) -> None:
    """Whose address it is when it answers again is anybody's guess, so it has to be verified anew."""
    if webhook.active:
        text = f"Your webhook {webhook.url[:200]} is switched off."
        about = notice(webhook.user_id, "webhook", webhook.id, "switched-off", text, reason)
        await tell(about, tx, ids, elsewhere=False)
    webhook.active, webhook.verified_at, webhook.reason, row.state = False, None, reason, "failed"
    waiting = (DeliveryRow.webhook_id == webhook.id) & (DeliveryRow.state == "queued")
    await tx.session.execute(update(DeliveryRow).where(waiting).values(state="failed", error=OFF))


async def _locked(delivery_id: int, tx: Tx) -> tuple[DeliveryRow, WebhookRow] | None:
    """Webhook first, so that two workers never wait for each other."""
    of_it = select(DeliveryRow.webhook_id).where(DeliveryRow.id == delivery_id).scalar_subquery()
    webhook = await tx.session.scalar(select(WebhookRow).where(WebhookRow.id == of_it).with_for_update(key_share=True))
    row = await tx.session.get(DeliveryRow, delivery_id, with_for_update=True)
    return (row, webhook) if row and webhook else None


def _now() -> datetime:
    return datetime.now(UTC)
