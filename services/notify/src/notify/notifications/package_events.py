"""Jobs of packages: their end becomes a notification where it was asked for, and an event for webhooks always."""

from contracts.catalog.package_jobs import PackageJobCompleted
from kit.db.ids import IdAllocator
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.notifications.domain import draft_notification
from notify.notifications.package_texts import outcome_text, slug_of
from notify.notifications.usecases import notify_user
from notify.webhooks.domain import PACKAGE_JOB
from notify.webhooks.enqueue import enqueue_event

router = Router("notify")


@router.on(PackageJobCompleted)
async def on_package_job_completed(event: PackageJobCompleted, tx: Tx, ids: IdAllocator) -> None:
    """Nobody hears of a job that was submitted without a login."""
    if not event.user_id:
        return
    if event.notify:
        text = outcome_text(event)
        draft = draft_notification(event.user_id, "package_job", event.job_id, slug_of(event), text, event.package_uri)
        await notify_user(draft, tx, ids)
    await enqueue_event(tx, ids, event.user_id, PACKAGE_JOB, event.model_dump(mode="json"))
