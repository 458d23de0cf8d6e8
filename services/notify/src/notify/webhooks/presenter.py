from typing import cast

from contracts.notify.webhooks import DeliveryState, Webhook, WebhookDelivery
from contracts.shared import CompactUser
from notify.webhooks.tables import DeliveryRow, WebhookRow


def webhook_view(row: WebhookRow) -> Webhook:
    return Webhook(
        id=row.id, url=row.url, description=row.description, active=row.active,
        verified=row.verified_at is not None, reason=row.reason,
        user=CompactUser(osm_id=row.user_id, username=row.username), created_at=row.created_at,
        last_modified=row.last_modified, last_delivery_status=cast(DeliveryState | None, row.last_status),
        last_delivery_at=row.last_attempt_at,
    )  # fmt: skip


def delivery_view(row: DeliveryRow) -> WebhookDelivery:
    state = cast(DeliveryState, row.state)
    return WebhookDelivery(
        id=str(row.message_id), event_type=row.event_type, status=state, response_code=row.response_code,
        attempts=row.attempts, error=row.error, created_at=row.created_at, last_attempt_at=row.last_attempt_at,
        next_attempt_at=row.due_at if state == "queued" else None, delivered_at=row.delivered_at,
    )  # fmt: skip
