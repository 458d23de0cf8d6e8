"""One attempt: claim the row, call the address with no transaction open, write down what came of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from contracts.notify.webhooks import WebhookJob
from kit.ids import Ids
from kit.jobs import JobContext
from kit.messaging.tx import Tx
from notify.domain import notice
from notify.usecases import tell
from notify.webhooks.calls import Calls
from notify.webhooks.domain import Outcome, headers, hopeless, next_attempt, quiet_until
from notify.webhooks.outgoing import PING
from notify.webhooks.ports import Line
from notify.webhooks.seal import Seal, Unsealable
from notify.webhooks.tables import DeliveryRow, WebhookRow

CLAIM = timedelta(seconds=30)
OFF = "The webhook was switched off."


@dataclass(frozen=True)
class Attempt:
    """`number` is the fencing token: what a later attempt has overtaken writes nothing."""

    delivery_id: int
    number: int
    url: str
    secret: str
    message_id: str
    body: bytes


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
        if not webhook.active and row.event_type != PING:
            row.state, row.error = "failed", OFF
            return None
        row.attempts, row.claimed_until, row.due_at = row.attempts + 1, _now() + CLAIM, _now() + CLAIM
        return Attempt(row.id, row.attempts, webhook.url, webhook.secret, str(row.message_id), row.body.encode())


def _free(row: DeliveryRow, webhook: WebhookRow) -> bool:
    claimed = row.claimed_until is not None and row.claimed_until > _now()
    quiet = webhook.quiet_until is not None and webhook.quiet_until > _now() and row.event_type != PING
    return row.state == "queued" and not claimed and not quiet


async def _call(attempt: Attempt, line: Line, seal: Seal) -> Outcome:
    try:
        signed = headers(seal.open(attempt.secret), attempt.message_id, _now(), attempt.body)
    except Unsealable:
        return Outcome(error="The secret cannot be read any more. Rotate it.")
    return await line.post(attempt.url, attempt.body, signed)


async def _settle(attempt: Attempt, outcome: Outcome, tx: Tx, ids: Ids) -> None:
    found = await _locked(attempt.delivery_id, tx)
    if found is None or found[0].state != "queued" or found[0].attempts != attempt.number:
        return
    row, webhook = found
    row.response_code, row.error, row.last_attempt_at, row.claimed_until = outcome.code, outcome.error, _now(), None
    if outcome.taken:
        row.state, row.delivered_at = "delivered", _now()
        webhook.failures, webhook.failing_since, webhook.quiet_until = 0, None, None
    else:
        await _failed(row, webhook, outcome, tx, ids)
    webhook.last_status, webhook.last_attempt_at = row.state, row.last_attempt_at


async def _failed(row: DeliveryRow, webhook: WebhookRow, outcome: Outcome, tx: Tx, ids: Ids) -> None:
    now, again = _now(), next_attempt(row.attempts, row.event_type == PING, _now())
    row.state, row.due_at = ("failed", row.due_at) if again is None else ("queued", again)
    if row.event_type == PING:
        return
    webhook.failures, webhook.failing_since = webhook.failures + 1, webhook.failing_since or now
    webhook.quiet_until = quiet_until(webhook.failures, now)
    if reason := hopeless(outcome.code, webhook.failing_since, now):
        await _switch_off(row, webhook, reason, tx, ids)


async def _switch_off(row: DeliveryRow, webhook: WebhookRow, reason: str, tx: Tx, ids: Ids) -> None:
    if webhook.active:
        text = f"Your webhook {webhook.url[:200]} is switched off."
        about = notice(webhook.user_id, "webhook", webhook.id, "switched-off", text, reason)
        await tell(about, tx, ids, elsewhere=False)
    webhook.active, webhook.reason, row.state = False, reason, "failed"
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
