"""Asks the catalog for what the copies lack."""

from datetime import datetime
from typing import Any, Protocol

from contracts.base import Query
from contracts.catalog.datasets import Dataset, GetDataset
from contracts.catalog.label_datasets import FindLabelDataset, TrainableLabelDataset
from contracts.catalog.models import GetModelSummary, KnownModel
from contracts.imagery import metres_per_pixel
from contracts.shared import Actor
from kit.errors import Forbidden, Invalid, NotFound
from kit.messaging.tx import Tx
from kit.snapshot_pages import complete_before
from training.projections.domain import GEOMETRY_KEYWORDS
from training.projections.usecases import upsert_base_model, upsert_dataset, upsert_label_dataset


class Catalog(Protocol):
    """The bus, as far as asking the catalog goes."""

    async def query_json(self, query: Query, actor: Actor) -> dict[str, Any] | None: ...


class StorageLayout(Protocol):
    """The object store, as far as addresses go."""

    def uri(self, key: str) -> str: ...


async def fetch_base_model(stac_id: str, tx: Tx, catalog: Catalog) -> KnownModel:
    """NotFound for unknown, invisible and local models."""
    missing = NotFound("base_model_not_found", f"{stac_id} is not a registered base model.")
    asked = complete_before()
    try:
        answer = await catalog.query_json(GetModelSummary(stac_item_id=stac_id), tx.actor)
    except NotFound as error:
        raise missing from error
    model = KnownModel.model_validate(answer) if answer else None
    if model is None or model.kind != "base":
        raise missing
    upsert_base_model(model, asked, tx)
    return model


async def fetch_weights(stac_id: str, entrypoint: str, tx: Tx, catalog: Catalog) -> str:
    """Address of a published model's checkpoint. Invalid unless the caller may see that model and the same code made
    it."""
    try:
        answer = await catalog.query_json(GetModelSummary(stac_item_id=stac_id), tx.actor)
    except NotFound:
        answer = None
    model = KnownModel.model_validate(answer) if answer else None
    if model is None or model.kind != "local":
        raise _no_start(f"{stac_id} is not a published model.")
    if model.facts.entrypoint != entrypoint:
        raise _no_start("This model was made from another base model.")
    return model.facts.checkpoint_uri


def _no_start(words: str) -> Invalid:
    return Invalid("no_checkpoint", words, start_from=[words])


async def fetch_dataset(
    stac_id: str, tx: Tx, catalog: Catalog, layout: StorageLayout, building: bool = False
) -> dict[str, Any]:
    """A row of `known_datasets`; NotFound unless it exists, is built, and the caller may see it. With `building` one
    whose build is under way will do; its facts are None."""
    missing = NotFound("dataset_not_found", f"There is no dataset {stac_id} that is built and that you may use.")
    asked = complete_before()
    try:
        answer = await catalog.query_json(GetDataset(stac_id=stac_id, expand=True), tx.actor)
    except NotFound as error:
        row = await _fetch_label_dataset(stac_id, asked, tx, catalog)
        if row is None:
            raise missing from error
        return row
    dataset = Dataset.model_validate(answer) if answer else None
    if dataset and building and dataset.status == "building":
        return {"dataset_id": dataset.id, "facts": None}
    if dataset is None or dataset.status != "built":
        raise missing
    values = {"dataset_id": dataset.id, "user_id": dataset.user.osm_id, "visibility": dataset.visibility,
              "deleted": False, "facts": _details(dataset, layout)}  # fmt: skip
    upsert_dataset(stac_id, asked, tx, **values)
    return values


async def _fetch_label_dataset(stac_id: str, asked: datetime, tx: Tx, catalog: Catalog) -> dict[str, Any] | None:
    """A version of the label store whose event has not come yet. Only administrators may use one."""
    try:
        answer = await catalog.query_json(FindLabelDataset(stac_item_id=stac_id), tx.actor)
    except (NotFound, Forbidden):
        return None
    version = TrainableLabelDataset.model_validate(answer)
    return upsert_label_dataset(stac_id, version, asked, tx)


def _details(dataset: Dataset, layout: StorageLayout) -> dict[str, Any]:
    """Chips and labels lie where the layout of the store says; what they are is in the STAC item."""
    properties = (dataset.stac or {}).get("properties", {})
    keywords = list(properties.get("keywords", []))
    return {
        "chips_uri": layout.uri(f"datasets/{dataset.stac_id}/chips/"),
        "labels_uri": layout.uri(f"datasets/{dataset.stac_id}/labels/labels.geojson"),
        "keywords": keywords,
        "label_tasks": list(properties.get("label:tasks", [])),
        "geometry_type": next((word for word in keywords if word in GEOMETRY_KEYWORDS), ""),
        "chip_count": dataset.chip_count,
        "metres_per_pixel": _metres_per_pixel(dataset),
    }


def _metres_per_pixel(dataset: Dataset) -> float | None:
    bbox = (dataset.stac or {}).get("bbox")
    return metres_per_pixel(dataset.zoom, bbox[1], bbox[3]) if dataset.zoom is not None and bbox else None
