"""Versions, exports and imports of the label store: whoever asked for one, and their programs, hear of its end."""

from contracts.catalog.label_datasets import LabelDatasetExportFailed, LabelDatasetRegistered, LabelExportReady
from contracts.catalog.label_imports import LabelImportEnded
from kit.db.ids import IdAllocator
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.notifications.domain import draft_notification
from notify.notifications.outcome_texts import left_out_text
from notify.notifications.usecases import notify_user
from notify.webhooks.domain import LABEL_DATASET, LABEL_EXPORT, LABEL_IMPORT
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


@router.on(LabelExportReady)
async def on_label_export_ready(event: LabelExportReady, tx: Tx, ids: IdAllocator) -> None:
    if event.user_id is not None:
        text = f"Label dataset {event.dataset_id} is ready as {event.format}."
        await notify_user(draft_notification(event.user_id, "label_export", event.export_id, "ready", text), tx, ids)
        await enqueue_event(tx, ids, event.user_id, LABEL_EXPORT, event.model_dump(mode="json"))


@router.on(LabelImportEnded)
async def on_label_import_ended(event: LabelImportEnded, tx: Tx, ids: IdAllocator) -> None:
    """Whoever cancels an import knows it."""
    if event.user_id is not None and event.state != "cancelled":
        draft = draft_notification(event.user_id, "label_import", event.import_id, event.state, import_text(event))
        await notify_user(draft, tx, ids)
        await enqueue_event(tx, ids, event.user_id, LABEL_IMPORT, event.model_dump(mode="json"))


def import_text(event: LabelImportEnded) -> str:
    """Returns `The import into campaign 3 is done: 2 images, 3 objects; 1 object was left out`, or why it failed."""
    if event.state != "done" or event.images is None or event.objects is None:
        return f"The import into campaign {event.campaign_id} failed. {event.error or ''}".strip()
    missing = left_out_text(event.images, "image was", "images were")
    missing += left_out_text(event.objects, "object was", "objects were")
    done = f"{event.images.done} images, {event.objects.done} objects"
    return f"The import into campaign {event.campaign_id} is done: {done}{missing}."
