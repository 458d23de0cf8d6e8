"""Publishes a trained model. Imported on demand, since it loads pystac and the schemas."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select

from catalog.models.domain import local_item_id
from catalog.models.reliability import reliability_plot
from catalog.models.summary import summarize_item
from catalog.models.tables import LocalModelRow
from catalog.stac.files import measure_object
from catalog.stac.item_inputs import PublishedRun, StoredFile
from catalog.stac.local_item import local_item
from catalog.stac.model_items import weights_file
from catalog.stac.names import mlm_name
from catalog.stac.ports import ExpandedItems, StacItems
from catalog.stac.required_metrics import metric_problems
from catalog.stac.validate import item_problems, refuse
from catalog.stac.versions import publish_version, version_of
from catalog.stac.vocabulary import BASE_MODELS, DATASETS, LABEL_DATASETS, LOCAL_MODELS
from contracts.catalog import models as c
from contracts.catalog.files import MirrorJob
from contracts.training import GetPublishable, Publishable
from kit.errors import Forbidden, Unavailable, Unprocessable
from kit.messaging.bus import Bus
from kit.messaging.tx import ReadTx, Tx
from kit.storage.port import ObjectStore

TRAINING_WAIT = 10.0
Item = dict[str, Any]


@dataclass(frozen=True)
class PublishContext:
    bus: Bus
    api: StacItems
    storage: ObjectStore
    item_cache: ExpandedItems


async def publish(command: c.PublishLocalModel, read: ReadTx, tools: PublishContext):
    """Writes files, then the item, then the row, so that an active item always has its files. A repetition after a
    crash writes the same files and item. Returns the function that records the outcome."""
    assert read.cause
    run = await _publishable(command, read, tools.bus)
    row = await _row(run, read)
    base, dataset = await _origins(run, tools.api)
    former = await _former(row, tools.api, read.cause.sent_at)
    item_id = local_item_id(run.run_id, read.cause.id)
    made = await _with_files(command, run, item_id, former, base["assets"]["checkpoint"], tools.storage)
    item = _item_of(made, base, dataset, tools.api)
    await publish_version(tools.api, item, former)
    tools.item_cache.drop(LOCAL_MODELS, item["id"])
    facts = summarize_item(item, tools.api.href(LOCAL_MODELS, item["id"]), row.category)
    return lambda tx: _recorded(tx, row, run.training_id, facts)


async def _publishable(command: c.PublishLocalModel, read: ReadTx, bus: Bus) -> Publishable:
    """Training refuses runs that are not completed; both services check that the caller owns the run."""
    answer = await bus.ask(GetPublishable(training_id=command.training_id), read.actor, TRAINING_WAIT)
    run = Publishable.model_validate_json(answer)
    if not read.actor.owns(run.user.osm_id):
        raise Forbidden("not_allowed", "Not allowed.")
    return run


async def _row(run: Publishable, read: ReadTx) -> LocalModelRow:
    row = await read.session.scalar(select(LocalModelRow).where(LocalModelRow.id == run.local_model))
    if row is None:
        raise Unavailable("model_not_known_yet", "The catalog does not know this model yet. Try again.")
    return row


async def _origins(run: Publishable, api: StacItems) -> tuple[Item, Item]:
    """Returns the items of base model and dataset. Raises Unprocessable when the run lacks a metric that the base
    model requires."""
    base = await _item(BASE_MODELS, run.base_model_stac_id, api)
    built = await api.get(DATASETS, run.dataset_stac_id)
    dataset = built or await _item(LABEL_DATASETS, run.dataset_stac_id, api)
    refuse(metric_problems(run.metrics, base["properties"]))
    return base, dataset


def _item_of(made: PublishedRun, base: Item, dataset: Item, api: StacItems) -> Item:
    hrefs = api.href(BASE_MODELS, base["id"]), api.href(dataset["collection"], dataset["id"])
    item = local_item(made, base, hrefs[0], dataset, hrefs[1])
    refuse(item_problems(item))
    return item


async def _item(collection: str, item_id: str, api: StacItems) -> Item:
    item = await api.get(collection, item_id)
    if item is None:
        raise Unprocessable("STAC_VALIDATION_ERROR", f"The catalogue holds no {item_id} in {collection}.")
    return item


async def _former(row: LocalModelRow, api: StacItems, sent_at: datetime) -> Item | None:
    """Returns the active version: the item of the row, also while another version is being published after it; else the
    newest item of that name that a crash left without a row. What was written since this command was sent belongs to a
    version that is published at the same time."""
    if row.stac_item_id and (own := await api.get(LOCAL_MODELS, row.stac_item_id)):
        return own
    named = await api.named(LOCAL_MODELS, "mlm:name", mlm_name(row.name))
    left = [item for item in named if _updated(item) < (_iso(sent_at) or "")]
    return max(left, key=_updated, default=None)


def _updated(item: Item) -> str:
    return item["properties"].get("updated", "")


async def _with_files(
    command: c.PublishLocalModel,
    run: Publishable,
    item_id: str,
    former: Item | None,
    weights: Item,
    storage: ObjectStore,
) -> PublishedRun:
    """`weights`: the asset of the base model; weights of the run have its type."""
    version = _version(run, item_id, former)
    title = command.title or run.title or f"{run.model_name} v{version}"
    before = former["properties"].get("description", "") if former else ""
    home, (name, kind) = f"local-models/{item_id}", weights_file(weights)
    checkpoint = await _copied(run, "trained_model", f"{home}/checkpoint/{name}", storage, kind)
    model = await _copied(run, "onnx_model", f"{home}/model/model.onnx", storage)
    metrics = await _training_metrics(run, f"local-models/{item_id}/training-metrics/{item_id}.json", storage)
    reliability = await _reliability(run, f"local-models/{item_id}/reliability/{item_id}.png", storage)
    return PublishedRun(
        item_id=item_id, name=run.model_name, title=title, keywords=run.keywords, user_id=run.user.osm_id,
        username=run.user.username,
        description=command.description or run.description or before or title, version=version,
        hyperparameters=run.hyperparameters, metrics=run.metrics, split=run.split,
        started_at=_iso(run.started_at), ended_at=_iso(run.ended_at), wall_seconds=run.wall_seconds,
        checkpoint=checkpoint, model=model, training_metrics=metrics, reliability=reliability,
    )  # fmt: skip


def _version(run: Publishable, item_id: str, former: Item | None) -> int:
    """Returns the version number of the pipeline, or the successor of the active version when that is greater."""
    if former is None:
        return run.version
    return version_of(former) if former["id"] == item_id else max(run.version, version_of(former) + 1)


async def _copied(
    run: Publishable, artifact: str, key: str, storage: ObjectStore, kind: str | None = None
) -> StoredFile:
    if artifact not in run.artifacts:
        raise Unprocessable("STAC_VALIDATION_ERROR", f"The run made no {artifact}.")
    await storage.copy(run.artifacts[artifact], key, kind)
    return await measure_object(storage, key)


async def _training_metrics(run: Publishable, key: str, storage: ObjectStore) -> StoredFile | None:
    """Writes `{epochs: [1..n], <series>: [...]}`; returns None for a run without epochs."""
    if not run.epochs:
        return None
    samples = sorted(run.epochs, key=lambda sample: sample["epoch"])
    names = dict.fromkeys(name for sample in samples for name in sample["values"])
    series = {name: [sample["values"].get(name) for sample in samples] for name in names}
    await storage.put(key, orjson.dumps({"epochs": [s["epoch"] for s in samples], **series}), "application/json")
    return await measure_object(storage, key)


async def _reliability(run: Publishable, key: str, storage: ObjectStore) -> StoredFile | None:
    """Writes the plot; returns None for a run that does not say how often its answers are right."""
    plot = await asyncio.to_thread(reliability_plot, run.metrics.get("reliability"))
    if plot is None:
        return None
    await storage.put(key, plot, "image/png")
    return await measure_object(storage, key)


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


async def _recorded(tx: Tx, seen: LocalModelRow, training_id: int, facts: c.ModelSummary) -> dict[str, str]:
    """Raises Unavailable, so that the command starts again, when another version was published meanwhile: each
    version has one predecessor."""
    row = await tx.session.get_one(LocalModelRow, seen.id, with_for_update=True)
    if row.stac_item_id != seen.stac_item_id:
        raise Unavailable("published_meanwhile", "Another version was published at the same time. Try again.")
    row.stac_item_id, row.status, row.last_modified = facts.stac_item_id, "active", datetime.now(UTC)
    row.facts, row.published_training = facts.model_dump(mode="json"), training_id
    tx.emit(
        c.LocalModelPublished(
            model_id=row.id, name=row.name, user_id=row.user_id, training_id=training_id, visibility=row.visibility,
            facts=facts,
        )
    )  # fmt: skip
    tx.emit(MirrorJob(collection=LOCAL_MODELS, item_id=facts.stac_item_id, user_id=row.user_id))
    return {"local_model_stac_id": facts.stac_item_id}
