"""What leaves: a row with the very bytes to send, and a job for a worker."""

import secrets
from datetime import UTC, datetime
from uuid import uuid4

import orjson
from sqlalchemy import select

from contracts.notify import Notification
from contracts.notify.webhooks import WebhookJob
from contracts.shared import Json
from kit.db.ids import IdAllocator
from kit.messaging.tx import Tx
from notify.dispatcher import LEASE
from notify.webhooks.domain import NOTIFICATION, VERIFICATION
from notify.webhooks.tables import DeliveryRow, WebhookRow


async def enqueue_notification(tx: Tx, ids: IdAllocator, user_id: int, notification: Notification) -> None:
    data = notification.model_dump(mode="json")
    await enqueue_event(tx, ids, user_id, NOTIFICATION, data, notification.id)


async def enqueue_event(
    tx: Tx, ids: IdAllocator, user_id: int, kind: str, data: Json, notification_id: int | None = None
) -> None:  # fmt: skip
    """For each of the user's addresses that listens; none can be deleted or moved meanwhile. What an address in trouble
    would get waits in its row until the loop finds it to be the oldest (`due.hand_out`)."""
    wanted = (WebhookRow.user_id == user_id) & WebhookRow.active & WebhookRow.verified_at.is_not(None)
    listening = select(WebhookRow.id, WebhookRow.failures).where(wanted)
    for webhook_id, failures in await tx.session.execute(listening.with_for_update(read=True, key_share=True)):
        await enqueue_delivery(tx, ids, webhook_id, kind, data, notification_id, at_once=not failures)


async def enqueue_verification(tx: Tx, ids: IdAllocator, webhook_id: int) -> DeliveryRow:
    data = {"webhook": webhook_id, "challenge": secrets.token_urlsafe()}
    return await enqueue_delivery(tx, ids, webhook_id, VERIFICATION, data)


async def enqueue_delivery(
    tx: Tx,
    ids: IdAllocator,
    webhook_id: int,
    kind: str,
    data: Json,
    notification_id: int | None = None,
    at_once: bool = True,
) -> DeliveryRow:
    """The row is part of the transaction, but not of its ORM session."""
    now = datetime.now(UTC)
    values = {
        "id": await ids.next(DeliveryRow), "webhook_id": webhook_id, "notification_id": notification_id,
        "message_id": uuid4(), "event_type": kind, "state": "queued", "attempts": 0, "error": "",
        "body": orjson.dumps({"type": kind, "timestamp": now, "data": data}, option=orjson.OPT_UTC_Z).decode(),
        "created_at": now, "due_at": now + LEASE if at_once else now,
    }  # fmt: skip
    tx.insert(DeliveryRow, **values)
    if at_once:
        tx.emit(WebhookJob(delivery_id=values["id"]))
    return DeliveryRow(**values)
