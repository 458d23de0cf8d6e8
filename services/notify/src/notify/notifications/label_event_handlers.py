"""Dataset versions of the label store: whoever asked for one, and their programs, hear when it can be trained on."""

from contracts.catalog.label_datasets import LabelDatasetExportFailed, LabelDatasetRegistered
from kit.db.ids import IdAllocator
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.notifications.domain import draft_notification
from notify.notifications.usecases import notify_user
from notify.webhooks.domain import LABEL_DATASET
from notify.webhooks.enqueue import enqueue_event

router = Router("notify")


@router.on(LabelDatasetRegistered)
async def on_label_dataset_registered(event: LabelDatasetRegistered, tx: Tx, ids: IdAllocator) -> None:
    """Users of the label store have no notifications: they have a key, and no account."""
    if event.user_id is None:
        return
    said = event.summary
    text = f"Version {event.version} of the label dataset “{event.title}” is ready: {event.chip_count} images"
    counts = f", {said.get('objects', 0)} objects, {said.get('excluded', 0)} images left out."
    draft = draft_notification(event.user_id, "label_dataset", event.dataset_id, "registered", text + counts)
    await notify_user(draft, tx, ids)
    await enqueue_event(tx, ids, event.user_id, LABEL_DATASET, event.model_dump(mode="json"))


@router.on(LabelDatasetExportFailed)
async def on_label_dataset_failed(event: LabelDatasetExportFailed, tx: Tx, ids: IdAllocator) -> None:
    if event.user_id is not None:
        text = f"Version {event.version} of label dataset {event.dataset_id} could not be made."
        draft = draft_notification(event.user_id, "label_dataset", event.dataset_id, "failed", text, event.error)
        await notify_user(draft, tx, ids)
