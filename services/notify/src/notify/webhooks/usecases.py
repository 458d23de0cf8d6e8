import secrets
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from contracts.notify import webhooks as c
from kit.db.ids import IdAllocator
from kit.errors import Conflict, Unauthenticated
from kit.messaging.tx import Tx
from notify.webhooks.domain import PING, VERIFICATION, secret_of
from notify.webhooks.enqueue import enqueue_delivery, enqueue_verification
from notify.webhooks.presenter import delivery_view, webhook_view
from notify.webhooks.queries import not_found
from notify.webhooks.secret_box import SecretBox
from notify.webhooks.tables import DeliveryRow, WebhookRow

SECRET_BYTES = 32
MOVED = "The webhook was given another address."


async def create(command: c.CreateWebhook, tx: Tx, ids: IdAllocator, secret_box: SecretBox) -> c.Webhook:
    if tx.actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to be told of something.")
    sealed, now = _new_secret(secret_box), datetime.now(UTC)
    await _check_number(tx)
    row = WebhookRow(
        id=await ids.next(WebhookRow), user_id=tx.actor.id, username=tx.actor.username, url=command.url,
        description=command.description, active=command.active, reason="", secret=sealed, secret_made_at=now,
        created_at=now, last_modified=now, failures=0,
    )  # fmt: skip
    tx.session.add(row)
    await enqueue_verification(tx, ids, row.id)
    return webhook_view(row)


async def change(command: c.ChangeWebhook, tx: Tx, ids: IdAllocator) -> c.Webhook:
    row = await _locked(command.webhook_id, tx)
    if command.url not in (None, row.url):
        await _forget_address(row, tx)
    for name, value in command.model_dump(exclude={"webhook_id"}, exclude_none=True).items():
        setattr(row, name, value)
    row.last_modified = datetime.now(UTC)
    if command.url is not None or command.active:
        row.reason, row.failures, row.failing_since, row.quiet_until = "", 0, None, None
        if row.verified_at is None and not await _under_way(row, VERIFICATION, tx):
            await enqueue_verification(tx, ids, row.id)
    return webhook_view(row)


async def delete(command: c.DeleteWebhook, tx: Tx) -> None:
    await tx.session.delete(await _locked(command.webhook_id, tx))


async def rotate(command: c.RotateSecret, tx: Tx, secret_box: SecretBox) -> c.Webhook:
    row = await _locked(command.webhook_id, tx)
    row.secret = _new_secret(secret_box)
    row.secret_made_at = row.last_modified = datetime.now(UTC)
    return webhook_view(row)


async def ping(command: c.PingWebhook, tx: Tx, ids: IdAllocator) -> c.WebhookDelivery:
    row = await _locked(command.webhook_id, tx)
    if row.verified_at is None:
        raise Conflict("webhook_unverified", "This address has not answered its challenge, so it is sent nothing else.")
    if await _under_way(row, PING, tx):
        raise Conflict("ping_under_way", "The last ping of this webhook is still under way.")
    return delivery_view(await enqueue_delivery(tx, ids, row.id, PING, {"webhook": row.id}))


async def verify(command: c.VerifyWebhook, tx: Tx, ids: IdAllocator) -> c.WebhookDelivery:
    row = await _locked(command.webhook_id, tx)
    if row.verified_at is not None:
        raise Conflict("webhook_verified", "This address is verified.")
    if await _under_way(row, VERIFICATION, tx):
        raise Conflict("verification_under_way", "The last verification of this webhook is still under way.")
    return delivery_view(await enqueue_verification(tx, ids, row.id))


async def _forget_address(row: WebhookRow, tx: Tx) -> None:
    """A call that is under way meets a row that is no longer queued, so whatever it brings counts for nothing."""
    row.verified_at = None
    waiting = (DeliveryRow.webhook_id == row.id) & (DeliveryRow.state == "queued")
    await tx.session.execute(update(DeliveryRow).where(waiting).values(state="failed", error=MOVED))


async def _under_way(row: WebhookRow, kind: str, tx: Tx) -> bool:
    waiting = (DeliveryRow.webhook_id == row.id) & (DeliveryRow.event_type == kind) & (DeliveryRow.state == "queued")
    return await tx.session.scalar(select(DeliveryRow.id).where(waiting).limit(1)) is not None


async def _locked(webhook_id: int, tx: Tx) -> WebhookRow:
    row = await tx.session.get(WebhookRow, webhook_id, with_for_update=True)
    if row is None or not tx.actor.owns(row.user_id):
        raise not_found()
    return row


def _new_secret(secret_box: SecretBox) -> str:
    return secret_box.encrypt(secret_of(secrets.token_bytes(SECRET_BYTES)))


async def _check_number(tx: Tx) -> None:
    """Two at once count one after the other."""
    await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"webhooks {tx.actor.id}", 0))))
    mine = select(func.count()).select_from(WebhookRow).where(WebhookRow.user_id == tx.actor.id)
    if (await tx.session.scalar(mine) or 0) >= c.MOST_PER_USER:
        raise Conflict("too_many_webhooks", f"At most {c.MOST_PER_USER} webhooks for each user.")
