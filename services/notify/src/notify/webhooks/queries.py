from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from contracts.notify.webhooks import ListDeliveries, ListWebhooks, Webhook
from contracts.shared import Rows
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from notify.webhooks.presenter import delivery_view, webhook_view
from notify.webhooks.secret_box import SecretBox
from notify.webhooks.tables import DeliveryRow, WebhookRow
from notify.webhooks.visibility import visible_to

SECRET_SHOWN_FOR = timedelta(seconds=60)


def not_found() -> NotFound:
    return NotFound("webhook_not_found", "There is no such webhook.")


async def get_webhook(webhook_id: int, read: ReadTx) -> Webhook:
    return webhook_view(await _owned(webhook_id, read))


async def list_webhooks(query: ListWebhooks, read: ReadTx) -> Rows:
    mine = visible_to(read.actor)
    count = await read.session.scalar(select(func.count()).select_from(WebhookRow).where(mine))
    newest = select(WebhookRow).where(mine).order_by(WebhookRow.id.desc())
    rows = await read.session.scalars(newest.limit(query.page.limit).offset(query.page.offset))
    return Rows(count=count or 0, results=[webhook_view(row).model_dump(mode="json") for row in rows])


async def list_deliveries(query: ListDeliveries, read: ReadTx) -> Rows:
    of_it = DeliveryRow.webhook_id == (await _owned(query.webhook_id, read)).id
    count = await read.session.scalar(select(func.count()).select_from(DeliveryRow).where(of_it))
    newest = select(DeliveryRow).where(of_it).order_by(DeliveryRow.id.desc())
    rows = await read.session.scalars(newest.limit(query.page.limit).offset(query.page.offset))
    return Rows(count=count or 0, results=[delivery_view(row).model_dump(mode="json") for row in rows])


async def show_secret(webhook_id: int, read: ReadTx, secret_box: SecretBox) -> dict[str, str | None]:
    row = await _owned(webhook_id, read)
    fresh = datetime.now(UTC) - row.secret_made_at < SECRET_SHOWN_FOR
    return {"secret": secret_box.decrypt(row.secret) if fresh else None}


async def _owned(webhook_id: int, read: ReadTx) -> WebhookRow:
    row = await read.session.get(WebhookRow, webhook_id)
    if row is None or not read.actor.owns(row.user_id):
        raise not_found()
    return row
