from contracts.notify import webhooks as c
from contracts.shared import Rows
from kit.db.ids import IdAllocator
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.webhooks import queries, usecases
from notify.webhooks.jobs.delivery import WebhookDeliveryWorker
from notify.webhooks.secret_box import SecretBox

router = Router("notify")


@router.on(c.CreateWebhook, http=201)
async def create_webhook(command: c.CreateWebhook, tx: Tx, ids: IdAllocator, secret_box: SecretBox) -> c.Webhook:
    return await usecases.create(command, tx, ids, secret_box)


@router.on(c.ChangeWebhook)
async def change_webhook(command: c.ChangeWebhook, tx: Tx, ids: IdAllocator) -> c.Webhook:
    return await usecases.change(command, tx, ids)


@router.on(c.DeleteWebhook, http=204)
async def delete_webhook(command: c.DeleteWebhook, tx: Tx) -> None:
    await usecases.delete(command, tx)


@router.on(c.RotateSecret)
async def rotate_secret(command: c.RotateSecret, tx: Tx, secret_box: SecretBox) -> c.Webhook:
    return await usecases.rotate(command, tx, secret_box)


@router.on(c.PingWebhook, http=202)
async def ping_webhook(command: c.PingWebhook, tx: Tx, ids: IdAllocator) -> c.WebhookDelivery:
    return await usecases.ping(command, tx, ids)


@router.on(c.VerifyWebhook, http=202)
async def verify_webhook(command: c.VerifyWebhook, tx: Tx, ids: IdAllocator) -> c.WebhookDelivery:
    return await usecases.verify(command, tx, ids)


@router.on(c.GetWebhook)
async def get_webhook(query: c.GetWebhook, read: ReadTx) -> c.Webhook:
    return await queries.get_webhook(query.webhook_id, read)


@router.on(c.ListWebhooks)
async def list_webhooks(query: c.ListWebhooks, read: ReadTx) -> Rows:
    return await queries.list_webhooks(query, read)


@router.on(c.ListDeliveries)
async def list_deliveries(query: c.ListDeliveries, read: ReadTx) -> Rows:
    return await queries.list_deliveries(query, read)


@router.on(c.ShowSecret)
async def show_secret(query: c.ShowSecret, read: ReadTx, secret_box: SecretBox) -> dict[str, str | None]:
    return await queries.show_secret(query.webhook_id, read, secret_box)


@router.job(c.WebhookJob)
async def send_webhook(job: c.WebhookJob, ctx: JobContext, sending: WebhookDeliveryWorker) -> None:
    await sending.begin(job, ctx)
