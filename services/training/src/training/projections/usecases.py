"""Copies of what the catalog and the gateway own, fed by their events."""

from datetime import UTC, datetime
from typing import Any

from contracts.catalog.datasets import DatasetBuilt, DatasetChanged, DatasetDeleted
from contracts.catalog.label_datasets import LabelDatasetRegistered, TrainableLabelDataset
from contracts.catalog.models import BaseModelRegistered, KnownModel
from contracts.gateway import UserChanged
from kit.messaging.tx import Tx
from training.projections.tables import KnownBaseModel, KnownDataset, KnownUser

DETAILS = {
    "chips_uri", "labels_uri", "keywords", "label_tasks", "geometry_type", "chip_count", "metres_per_pixel",
}  # fmt: skip
"""Of a dataset that was built, what is kept of it for submissions."""
LABEL_STORE_TASKS = ["object-detection", "instance-segmentation", "semantic-segmentation", "classification"]
"""Boxes and polygons alike become masks, boxes, and cells with or without a building."""


async def project_base_model(event: BaseModelRegistered, tx: Tx) -> None:
    model = KnownModel(
        kind="base", model_id=event.model_id, user_id=event.user_id, visibility=event.visibility, facts=event.facts
    )
    upsert_base_model(model, event_time(tx), tx)


def upsert_base_model(model: KnownModel, at: datetime, tx: Tx) -> None:
    tx.upsert(
        KnownBaseModel, ["stac_item_id"], newer="as_of", stac_item_id=model.facts.stac_item_id,
        model_id=model.model_id, user_id=model.user_id, visibility=model.visibility,
        facts=model.facts.model_dump(mode="json"), as_of=at,
    )  # fmt: skip


def project_dataset(event: DatasetBuilt, tx: Tx) -> dict[str, Any]:
    """Returns what a training must know of the dataset."""
    details = event.model_dump(mode="json", include=DETAILS)
    upsert_dataset(event.stac_id, event_time(tx), tx, dataset_id=event.dataset_id, user_id=event.user_id,
                  visibility=event.visibility, deleted=False, facts=details)  # fmt: skip
    return details


async def project_label_dataset(event: LabelDatasetRegistered, tx: Tx) -> None:
    """A version of the label store can be trained on when all its pictures lie on the map: its labels are polygons
    there. Only administrators use it, since its makers are no users of the platform. Its number is negative, because
    it is none of the catalog's datasets."""
    version = TrainableLabelDataset(
        georeferenced=event.summary.get("georeferenced", 0),
        **event.model_dump(include={"dataset_id", "chips_uri", "labels_uri", "keywords", "chip_count"}),
    )  # fmt: skip
    upsert_label_dataset(event.stac_item_id, version, event_time(tx), tx)


def upsert_label_dataset(stac_id: str, version: TrainableLabelDataset, at: datetime, tx: Tx) -> dict[str, Any] | None:
    """Returns the row; None for a version that cannot be trained on."""
    if not version.chip_count or version.georeferenced != version.chip_count:
        return None
    details = {
        **version.model_dump(include={"chips_uri", "labels_uri", "keywords", "chip_count"}),
        "label_tasks": LABEL_STORE_TASKS, "geometry_type": "polygon",
    }  # fmt: skip
    values = {"dataset_id": -version.dataset_id, "user_id": 0, "visibility": "private", "deleted": False,
              "facts": details}  # fmt: skip
    upsert_dataset(stac_id, at, tx, **values)
    return values


def upsert_dataset(stac_id: str, at: datetime, tx: Tx, **values: Any) -> None:
    tx.upsert(KnownDataset, ["stac_id"], newer="as_of", stac_id=stac_id, as_of=at, **values)


async def project_dataset_change(event: DatasetChanged | DatasetDeleted, tx: Tx) -> None:
    """When this is all that was heard of the dataset, the facts stay unknown. Drafts have no STAC id yet."""
    if event.stac_id:
        gone = isinstance(event, DatasetDeleted)
        visibility = "private" if gone else event.visibility
        upsert_dataset(event.stac_id, event_time(tx), tx, dataset_id=event.dataset_id, user_id=event.user_id,
                      visibility=visibility, deleted=gone)  # fmt: skip


async def project_user(event: UserChanged, tx: Tx) -> None:
    tx.upsert(KnownUser, ["id"], newer="as_of", id=event.user_id, username=event.username, as_of=event_time(tx))


def event_time(tx: Tx) -> datetime:
    return tx.cause.sent_at if tx.cause else datetime.now(UTC)
