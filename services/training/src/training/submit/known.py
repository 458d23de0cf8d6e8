"""Copies of what the catalog knows: fed by its events, healed by asking it on a miss."""

from datetime import UTC, datetime
from typing import Any, Protocol

from contracts.base import Query
from contracts.catalog.datasets import Dataset, DatasetBuilt, DatasetChanged, DatasetDeleted, GetDataset
from contracts.catalog.models import (
    BaseModelRegistered,
    GetModelFacts,
    KnownModel,
    LocalModelChanged,
    LocalModelPublished,
)
from contracts.gateway import UserChanged
from contracts.shared import Actor
from kit.errors import Invalid, NotFound
from kit.messaging.tx import Tx
from training.submit import waiting
from training.submit.domain import GEOMETRY_KEYWORDS
from training.tables import KnownBaseModel, KnownDataset, KnownUser, ModelNameRow


class Catalog(Protocol):
    """The bus, as far as asking the catalog goes."""

    async def lookup(self, query: Query, actor: Actor) -> dict[str, Any] | None: ...


class Layout(Protocol):
    """The object store, as far as addresses go."""

    def uri(self, key: str) -> str: ...


async def keep_base_model(event: BaseModelRegistered, tx: Tx) -> None:
    model = KnownModel(
        kind="base", model_id=event.model_id, user_id=event.user_id, visibility=event.visibility, facts=event.facts
    )
    _keep_base_model(model, as_of(tx), tx)


def _keep_base_model(model: KnownModel, at: datetime, tx: Tx) -> None:
    tx.upsert(
        KnownBaseModel, ["stac_item_id"], newer="as_of", stac_item_id=model.facts.stac_item_id,
        model_id=model.model_id, user_id=model.user_id, visibility=model.visibility,
        facts=model.facts.model_dump(mode="json"), as_of=at,
    )  # fmt: skip


async def keep_dataset(event: DatasetBuilt, tx: Tx) -> None:
    facts = event.model_dump(
        mode="json", include={"chips_uri", "labels_uri", "keywords", "label_tasks", "geometry_type"}
    )
    _keep_dataset(event.stac_id, as_of(tx), tx, dataset_id=event.dataset_id, user_id=event.user_id,
                  visibility=event.visibility, deleted=False, facts=facts)  # fmt: skip
    await waiting.start(event, facts, tx)


def _keep_dataset(stac_id: str, at: datetime, tx: Tx, **values: Any) -> None:
    tx.upsert(KnownDataset, ["stac_id"], newer="as_of", stac_id=stac_id, as_of=at, **values)


async def keep_dataset_change(event: DatasetChanged | DatasetDeleted, tx: Tx) -> None:
    """When this is all that was heard of the dataset, the facts stay unknown. Drafts have no STAC id yet."""
    if event.stac_id:
        gone = isinstance(event, DatasetDeleted)
        visibility = "private" if gone else event.visibility
        _keep_dataset(event.stac_id, as_of(tx), tx, dataset_id=event.dataset_id, user_id=event.user_id,
                      visibility=visibility, deleted=gone)  # fmt: skip


async def keep_local_model(event: LocalModelChanged | LocalModelPublished, tx: Tx) -> None:
    row = await tx.session.get(ModelNameRow, event.model_id, with_for_update=True)
    if row and (row.visibility_as_of is None or row.visibility_as_of <= as_of(tx)):
        row.visibility, row.visibility_as_of = event.visibility, as_of(tx)


async def keep_user(event: UserChanged, tx: Tx) -> None:
    tx.upsert(KnownUser, ["id"], newer="as_of", id=event.user_id, username=event.username, as_of=as_of(tx))


def as_of(tx: Tx) -> datetime:
    return tx.cause.sent_at if tx.cause else datetime.now(UTC)


async def ask_for_base_model(stac_id: str, tx: Tx, catalog: Catalog) -> KnownModel:
    """NotFound for unknown, invisible and local models."""
    missing = NotFound("base_model_not_found", f"{stac_id} is not a registered base model.")
    try:
        answer = await catalog.lookup(GetModelFacts(stac_item_id=stac_id), tx.actor)
    except NotFound as error:
        raise missing from error
    model = KnownModel.model_validate(answer) if answer else None
    if model is None or model.kind != "base":
        raise missing
    _keep_base_model(model, datetime.now(UTC), tx)
    return model


async def ask_for_weights(stac_id: str, entrypoint: str, tx: Tx, catalog: Catalog) -> str:
    """Address of a published model's checkpoint. Invalid unless the caller may see that model and the same code made
    it."""
    try:
        answer = await catalog.lookup(GetModelFacts(stac_item_id=stac_id), tx.actor)
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


async def ask_for_dataset(
    stac_id: str, tx: Tx, catalog: Catalog, layout: Layout, building: bool = False
) -> dict[str, Any]:
    """A row of `known_datasets`; NotFound unless it exists, is built, and the caller may see it. With `building` one
    whose build is under way will do; its facts are None."""
    missing = NotFound("dataset_not_found", f"There is no dataset {stac_id} that is built and that you may use.")
    try:
        answer = await catalog.lookup(GetDataset(stac_id=stac_id, expand=True), tx.actor)
    except NotFound as error:
        raise missing from error
    dataset = Dataset.model_validate(answer) if answer else None
    if dataset and building and dataset.status == "building":
        return {"dataset_id": dataset.id, "facts": None}
    if dataset is None or dataset.status != "built":
        raise missing
    values = {"dataset_id": dataset.id, "user_id": dataset.user.osm_id, "visibility": dataset.visibility,
              "deleted": False, "facts": _facts(dataset, layout)}  # fmt: skip
    _keep_dataset(stac_id, datetime.now(UTC), tx, **values)
    return values


def _facts(dataset: Dataset, layout: Layout) -> dict[str, Any]:
    """Chips and labels lie where the layout of the store says; what they are is in the STAC item."""
    properties = (dataset.stac or {}).get("properties", {})
    keywords = list(properties.get("keywords", []))
    return {
        "chips_uri": layout.uri(f"datasets/{dataset.stac_id}/chips/"),
        "labels_uri": layout.uri(f"datasets/{dataset.stac_id}/labels/labels.geojson"),
        "keywords": keywords,
        "label_tasks": list(properties.get("label:tasks", [])),
        "geometry_type": next((word for word in keywords if word in GEOMETRY_KEYWORDS), ""),
    }
