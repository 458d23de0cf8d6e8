"""One attempt: claim the row, call the address with no transaction open, write down what came of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from contracts.notify.webhooks import WebhookJob
from kit.db.ids import IdAllocator
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx
from notify.bounded_tasks import BoundedTasks
from notify.notifications.domain import draft_notification
from notify.notifications.usecases import notify_user
from notify.webhooks.domain import (
    EVENTS,
    MAX_ANSWER_BYTES,
    NETWORK_DOWN_PAUSE,
    VERIFICATION,
    WRONG_CHALLENGE,
    Outcome,
    answers_challenge,
    backoff_until,
    challenge_in,
    disable_reason,
    headers,
    is_not_counted,
    next_attempt,
)
from notify.webhooks.ports import WebhookClient
from notify.webhooks.secret_box import DecryptionFailed, SecretBox
from notify.webhooks.tables import DeliveryRow, WebhookRow

CLAIM_TIMEOUT = timedelta(seconds=30)
SWITCHED_OFF = "The webhook was switched off."
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
class WebhookDeliveryWorker:
    """What an attempt needs besides its job."""

    client: WebhookClient
    secret_box: SecretBox
    ids: IdAllocator
    tasks: BoundedTasks

    async def begin(self, job: WebhookJob, ctx: JobContext) -> None:
        if self.tasks.has(job.delivery_id):
            return
        attempt = await _claimed(job.delivery_id, ctx)
        if attempt is not None:
            await self.tasks.begin(attempt.delivery_id, self._through(attempt, ctx))

    async def _through(self, attempt: Attempt, ctx: JobContext) -> None:
        outcome = await _call(attempt, self.client, self.secret_box)
        await ctx.write(lambda tx: _settle(attempt, outcome, tx, self.ids))

    async def stop(self) -> None:
        await self.tasks.stop()


async def _claimed(delivery_id: int, ctx: JobContext) -> Attempt | None:
    """None when there is nothing to do now: it is done, in another worker's hands, or its address is left alone."""
    async with ctx.tx() as tx:
        found = await _locked(delivery_id, tx)
        if found is None or not _is_due(*found):
            return None
        row, webhook = found
        if reason := _refusal_reason(*found):
            row.state, row.error = "failed", reason
            return None
        row.attempts, row.claimed_until, row.due_at = row.attempts + 1, _now() + CLAIM_TIMEOUT, _now() + CLAIM_TIMEOUT
        challenge = challenge_in(row.body) if row.event_type == VERIFICATION else ""
        number, body = row.attempts, row.body.encode()
        return Attempt(row.id, number, webhook.url, webhook.secret, str(row.message_id), body, challenge)


def _refusal_reason(row: DeliveryRow, webhook: WebhookRow) -> str:
    """Why nothing of its kind goes to this address; empty when it may."""
    if row.event_type in EVENTS and not webhook.active:
        return SWITCHED_OFF
    return UNVERIFIED if row.event_type != VERIFICATION and webhook.verified_at is None else ""


def _is_due(row: DeliveryRow, webhook: WebhookRow) -> bool:
    claimed = row.claimed_until is not None and row.claimed_until > _now()
    quiet = webhook.quiet_until is not None and webhook.quiet_until > _now()
    return row.state == "queued" and not claimed and not (quiet and row.event_type in EVENTS)


async def _call(attempt: Attempt, client: WebhookClient, secret_box: SecretBox) -> Outcome:
    try:
        signed = headers(secret_box.decrypt(attempt.secret), attempt.message_id, _now(), attempt.body)
    except DecryptionFailed:
        return Outcome(error="The secret cannot be read any more. Rotate it.")
    outcome = await client.post(attempt.url, attempt.body, signed, MAX_ANSWER_BYTES if attempt.challenge else 0)
    unproven = outcome.taken and attempt.challenge and not answers_challenge(outcome.answer, attempt.challenge)
    return Outcome(outcome.code, WRONG_CHALLENGE) if unproven else outcome


async def _settle(attempt: Attempt, outcome: Outcome, tx: Tx, ids: IdAllocator) -> None:
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


async def _failed(row: DeliveryRow, webhook: WebhookRow, outcome: Outcome, tx: Tx, ids: IdAllocator) -> None:
    if is_not_counted(outcome, row.created_at, _now()):
        row.released, row.due_at = row.released + 1, _now() + NETWORK_DOWN_PAUSE
        return
    again = next_attempt(row.attempts - row.released, row.event_type, _now())
    row.state, row.due_at = ("failed", row.due_at) if again is None else ("queued", again)
    if row.event_type == VERIFICATION:
        webhook.reason = outcome.error
    if row.event_type in EVENTS:
        await _record_failure(row, webhook, outcome, tx, ids)


async def _record_failure(row: DeliveryRow, webhook: WebhookRow, outcome: Outcome, tx: Tx, ids: IdAllocator) -> None:
    now = _now()
    failing_since = webhook.failing_since or now
    webhook.failures, webhook.failing_since = webhook.failures + 1, failing_since
    webhook.quiet_until = backoff_until(webhook.failures, now)
    if reason := disable_reason(outcome.code, failing_since, now):
        await _switch_off(row, webhook, reason, tx, ids)


async def _switch_off(row: DeliveryRow, webhook: WebhookRow, reason: str, tx: Tx, ids: IdAllocator) -> None:
    """Whose address it is when it answers again is anybody's guess, so it has to be verified anew."""
    if webhook.active:
        text = f"Your webhook {webhook.url[:200]} is switched off."
        about = draft_notification(webhook.user_id, "webhook", webhook.id, "switched-off", text, reason)
        await notify_user(about, tx, ids, also_external=False)
    webhook.active, webhook.verified_at, webhook.reason, row.state = False, None, reason, "failed"
    waiting = (DeliveryRow.webhook_id == webhook.id) & (DeliveryRow.state == "queued")
    await tx.session.execute(update(DeliveryRow).where(waiting).values(state="failed", error=SWITCHED_OFF))


async def _locked(delivery_id: int, tx: Tx) -> tuple[DeliveryRow, WebhookRow] | None:
    """Webhook first, so that two workers never wait for each other."""
    of_it = select(DeliveryRow.webhook_id).where(DeliveryRow.id == delivery_id).scalar_subquery()
    webhook = await tx.session.scalar(select(WebhookRow).where(WebhookRow.id == of_it).with_for_update(key_share=True))
    row = await tx.session.get(DeliveryRow, delivery_id, with_for_update=True)
    return (row, webhook) if row and webhook else None


def _now() -> datetime:
    return datetime.now(UTC)
