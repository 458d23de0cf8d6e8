"""From a version to the models that were trained on it, and from an item to what a training must know."""

from sqlalchemy import select

from catalog.labelstore.datasets.queries import admin_dataset
from catalog.labelstore.datasets.tables import LabelDatasetRow
from catalog.labelstore.users.visibility import principal_of
from catalog.stac.ports import StacItems
from catalog.stac.vocabulary import LABEL_DATASETS, LOCAL_MODELS
from contracts.catalog import label_datasets as c
from contracts.shared import Json
from kit.errors import NotFound
from kit.messaging.tx import ReadTx


async def find_dataset(stac_item_id: str, read: ReadTx, stac: StacItems) -> c.TrainableLabelDataset:
    (await principal_of(read.actor, read.session)).require_admin()
    done = (LabelDatasetRow.stac_item_id == stac_item_id) & (LabelDatasetRow.state == "done")
    dataset_id = await read.session.scalar(select(LabelDatasetRow.id).where(done))
    item = await stac.get(LABEL_DATASETS, stac_item_id) if dataset_id is not None else None
    if dataset_id is None or item is None:
        raise NotFound("not_found", f"There is no label dataset {stac_item_id}.")
    said, assets = item["properties"], item["assets"]
    return c.TrainableLabelDataset(
        dataset_id=dataset_id, chips_uri=assets["chips"]["href"], labels_uri=assets["labels_geojson"]["href"],
        keywords=said["keywords"], chip_count=said["labelstore:image_count"],
        georeferenced=said.get("labelstore:georeferenced_count", 0),
    )  # fmt: skip


async def list_trained_models(dataset_id: int, read: ReadTx, stac: StacItems) -> Json:
    """Asks the catalogue, whose items of models name what they were trained on."""
    row = await admin_dataset(dataset_id, read)
    found = await stac.named(LOCAL_MODELS, "fair:dataset_id", row.stac_item_id) if row.stac_item_id else []
    return {"models": [_model(item) for item in sorted(found, key=lambda item: item["properties"]["updated"])]}


def _model(item: Json) -> Json:
    said = item["properties"]
    return {
        "stac_item_id": item["id"], "name": said["mlm:name"], "title": said["title"], "version": said["version"],
        "manifest_sha256": said.get("labelstore:manifest_sha256"), "metrics": said.get("fair:metrics", {}),
    }  # fmt: skip
