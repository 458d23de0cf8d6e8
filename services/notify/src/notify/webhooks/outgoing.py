"""What leaves: a row with the very bytes to send, and a job for a worker."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
from sqlalchemy import select

from contracts.notify import Notification
from contracts.notify.webhooks import WebhookJob
from contracts.shared import Json
from kit.ids import Ids
from kit.messaging.tx import Tx
from notify.webhooks.tables import DeliveryRow, WebhookRow

PING, NOTIFICATION = "webhook.ping", "notification.created"
LEASE = timedelta(seconds=30)
"""A job that was lost is given out again after so long."""


async def queue_notification(tx: Tx, ids: Ids, user_id: int, notification: Notification) -> None:
    """For each of the user's addresses that listens; none of them can be deleted meanwhile. What an address in trouble
    would get waits in its row until the loop finds it to be the oldest (`due.hand_out`)."""
    listening = select(WebhookRow.id, WebhookRow.failures).where(WebhookRow.user_id == user_id, WebhookRow.active)
    data = notification.model_dump(mode="json")
    for webhook_id, failures in await tx.session.execute(listening.with_for_update(read=True, key_share=True)):
        await queue(tx, ids, webhook_id, NOTIFICATION, data, notification.id, at_once=not failures)


async def queue(
    tx: Tx, ids: Ids, webhook_id: int, kind: str, data: Json, notification_id: int | None = None, at_once: bool = True
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
