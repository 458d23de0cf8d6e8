"""Changes items of the STAC catalogue, then their rows. A repetition after a crash writes the same values."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select

from catalog.curation.domain import (
    GLOBAL,
    NotAllowed,
    apply_edit,
    bbox_center,
    display_texts,
    merged,
    set_pins,
    town_properties,
)
from catalog.datasets.presenter import DatasetPresenter
from catalog.datasets.tables import DatasetRow
from catalog.models import queries
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.models.visibility import visible_to
from catalog.stac.ports import ExpandedItems, StacItems
from catalog.stac.vocabulary import BASE_MODELS, DATASETS, LOCAL_MODELS
from contracts.catalog import curation as c
from contracts.catalog import models as m
from contracts.shared import Actor, Json, Page
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.http.url_masking import masked
from kit.messaging.bus import Bus
from kit.messaging.tx import ReadTx, Tx

Finish = Callable[[Tx], Awaitable[Json]]
MAX_PINNED = 1000
LOOKUP_WAIT = 35.0
TOWNS = TypeAdapter(list[c.Town])
ROWS = {"base": (BaseModelRow, BASE_MODELS), "local": (LocalModelRow, LOCAL_MODELS)}


async def pin_dataset(
    command: c.PinDataset, read: ReadTx, api: StacItems, item_cache: ExpandedItems, presenter: DatasetPresenter
) -> Finish:
    """Returns the row with its item. Raises Conflict while the dataset has no item."""
    _admins_only(read.actor)
    row = await read.session.get(DatasetRow, command.dataset_id)
    if row is None:
        raise NotFound("dataset_not_found", "There is no such dataset.")
    if row.status != "built":
        raise Conflict("dataset_not_built", "Only a built dataset can be pinned.")
    await _change(DATASETS, row.stac_id, {"fair:pinned": command.is_pinned}, api, item_cache)

    async def finish(tx: Tx) -> Json:
        shown = await presenter.present(row, tx)
        await item_cache.expand(DATASETS, [shown], key="stac_id")
        return shown

    return finish


async def pin_model(
    command: c.PinModel, read: ReadTx, api: StacItems, item_cache: ExpandedItems, bus: Bus
) -> Finish:  # fmt: skip
    """Sets the flag of the row, and of the item when there is one."""
    _admins_only(read.actor)
    row = await _row(command.registry, command.model_id, read)
    imagery = None if command.source_imagery is None else masked(command.source_imagery)
    changed = set_pins(command.is_pinned, imagery, command.pinned_location)
    if row.stac_item_id:
        collection = ROWS[command.registry][1]
        if command.pinned_location:
            changed |= await _named(collection, row.stac_item_id, command.pinned_location, api, bus)
        await _change(collection, row.stac_item_id, changed, api, item_cache)

    async def finish(tx: Tx) -> Json:
        kept = await tx.session.get_one(ROWS[command.registry][0], command.model_id, with_for_update=True)
        kept.is_pinned, kept.last_modified = command.is_pinned, datetime.now(UTC)
        await tx.session.flush()
        return await _shown(command.registry, command.model_id, tx, item_cache)

    return finish


async def _named(
    collection: str, item_id: str, location: tuple[float, float], api: StacItems, bus: Bus
) -> dict[str, Any]:  # fmt: skip
    """Returns properties with the town of the pin, and the country at the centre of the item's box."""
    item = await api.get(collection, item_id) or {}
    centre = bbox_center(item.get("bbox"))
    points = [location, centre] if centre else [location]
    found = TOWNS.validate_json(await bus.ask(c.FindTowns(points=points), wait=LOOKUP_WAIT))
    return town_properties(
        found[0].name, found[0].country, found[0].country_code, found[1].country if centre else GLOBAL
    )


async def describe_model(command: c.DescribeModel, read: ReadTx, api: StacItems, item_cache: ExpandedItems) -> Finish:
    """Administrators describe base models; the owner of a local model describes it, too."""
    row = await _row(command.registry, command.model_id, read)
    allowed = read.actor.is_admin or (command.registry == "local" and read.actor.owns(row.user_id))
    if not allowed:
        raise Forbidden("not_yours", "Only its owner may describe a model.")
    changed = display_texts(command.title, command.description, command.fair_preview)
    if not changed:
        raise _invalid("non_field_errors", "Give a title, a description or a preview.")
    return await _edit(command.registry, row, changed, None, api, item_cache)


async def edit_model_stac(command: c.EditModelStac, read: ReadTx, api: StacItems, item_cache: ExpandedItems) -> Finish:
    _admins_only(read.actor)
    row = await _row(command.registry, command.model_id, read)
    try:
        changed = apply_edit(command.properties, command.stac_extensions)
    except NotAllowed as problem:
        raise _invalid(problem.field, str(problem)) from problem
    return await _edit(command.registry, row, changed, command.stac_extensions, api, item_cache)


async def pinned_models(query: c.ListPinnedModels, read: ReadTx, item_cache: ExpandedItems) -> Json:
    """Returns `{count, results}`, base models first."""
    whole, expand = Page(limit=MAX_PINNED), query.expand
    base = await queries.list_base_models(m.ListBaseModels(page=whole, is_pinned=True, expand=expand), read, item_cache)
    local = await queries.list_local_models(
        m.ListLocalModels(page=whole, is_pinned=True, expand=expand), read, item_cache
    )
    rows = [{**row, "model_type": kind} for kind, page in (("base", base), ("local", local)) for row in page.results]
    return {"count": len(rows), "results": rows}


async def _edit(
    registry: c.ModelKind, row: BaseModelRow | LocalModelRow, changed: Mapping[str, Any], extensions: list[str] | None,
    api: StacItems, item_cache: ExpandedItems,
) -> Finish:  # fmt: skip
    if not row.stac_item_id:
        raise _invalid("stac", "The model has no STAC item yet.")
    await _change(ROWS[registry][1], row.stac_item_id, changed, api, item_cache, extensions)

    async def finish(tx: Tx) -> Json:
        return await _shown(registry, row.id, tx, item_cache)

    return finish


async def _change(
    collection: str, item_id: str, changed: Mapping[str, Any], api: StacItems, item_cache: ExpandedItems,
    extensions: list[str] | None = None,
) -> None:  # fmt: skip
    """Raises Invalid with the list `stac` of problems when the changed item breaks its schemas."""
    async with api.lock(collection, item_id):
        await _merge(collection, item_id, changed, api, extensions)
    item_cache.drop(collection, item_id)
    await item_cache.of(collection, [item_id])  # cached now, so that no transaction waits for the catalogue


async def _merge(
    collection: str, item_id: str, changed: Mapping[str, Any], api: StacItems, extensions: list[str] | None
) -> None:
    from catalog.stac.validate import item_problems

    item = await api.get(collection, item_id)
    if item is None:
        raise NotFound("stac_item_not_found", "The catalogue does not hold its item.")
    wanted = merged(item, changed, extensions)
    problems = item_problems(wanted)
    if problems:
        raise Invalid("invalid_stac_item", "The item would break its schemas.", stac=problems)
    await api.put(wanted)


async def _row(registry: c.ModelKind, model_id: int, read: ReadTx) -> BaseModelRow | LocalModelRow:
    table = ROWS[registry][0]
    row = await read.session.scalar(select(table).where(table.id == model_id, visible_to(read.actor, table)))
    if row is None:
        raise NotFound("model_not_found", "There is no such model.")
    return row


async def _shown(registry: c.ModelKind, model_id: int, tx: Tx, item_cache: ExpandedItems) -> Json:
    if registry == "base":
        return await queries.get_base_model(m.GetBaseModel(model_id=model_id, expand=True), tx, item_cache)
    return await queries.get_local_model(m.GetLocalModel(model_id=model_id, expand=True), tx, item_cache)


def _admins_only(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden("admins_only", "Only administrators may do this.")


def _invalid(field: str, text: str) -> Invalid:
    return Invalid("invalid_curation", text, **{field: [text]})
