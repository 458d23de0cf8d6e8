"""Reads of base and local models."""

from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from catalog.models import presenter
from catalog.models.filters import filters, page_of
from catalog.models.tables import BaseModelRow, LocalModelRow, ModelRunRow
from catalog.models.visibility import visible_to
from catalog.shared.stars import starred_by
from catalog.shared.tables import KnownUser
from catalog.stac.ports import ExpandedItems
from catalog.stac.vocabulary import BASE_MODELS, LOCAL_MODELS
from contracts.catalog import models as c
from contracts.shared import Json, Rows
from kit.db.sql import CompiledQuery
from kit.errors import Invalid, NotFound
from kit.messaging.tx import ReadTx, Tx

Where = list[ColumnElement[bool]]
MODELS: tuple[tuple[Literal["local", "base"], type[LocalModelRow] | type[BaseModelRow]], ...] = (
    ("local", LocalModelRow),
    ("base", BaseModelRow),
)
SUMMARIES = CompiledQuery(
    select(LocalModelRow.id, LocalModelRow.status, LocalModelRow.stac_item_id)
    .where(LocalModelRow.id > bindparam("after")).order_by(LocalModelRow.id).limit(bindparam("limit"))
)  # fmt: skip
_RUNS = (
    select(func.count())
    .where(ModelRunRow.local_model_id == LocalModelRow.id)
    .correlate(LocalModelRow)
    .scalar_subquery()
)


async def get_base_model(query: c.GetBaseModel, read: ReadTx | Tx, item_cache: ExpandedItems) -> Json:
    """Returns a model by id or by STAC item. Raises NotFound for rows that the caller may not see."""
    by_item = BaseModelRow.stac_item_id == query.stac_item_id
    wanted = BaseModelRow.id == query.model_id if query.model_id is not None else by_item
    found = (await read.session.execute(_base([wanted, visible_to(read.actor, BaseModelRow)]))).first()
    if found is None:
        raise NotFound("base_model_not_found", "There is no such base model.")
    return (await _expanded(BASE_MODELS, [presenter.present_base_model(*found)], read, item_cache, query.expand))[0]


async def list_base_models(query: c.ListBaseModels, read: ReadTx, item_cache: ExpandedItems) -> Rows:
    exact = {
        "status": query.status,
        "visibility": query.visibility,
        "is_pinned": query.is_pinned,
        "user_id": query.user,
    }
    where = await filters(BaseModelRow, read, query.category, **exact)
    rows = _base([*where, visible_to(read.actor, BaseModelRow)])
    count, page = await page_of(rows, BaseModelRow, query.page, read)
    shown = [presenter.present_base_model(*row) for row in page]
    return Rows(count=count, results=await _expanded(BASE_MODELS, shown, read, item_cache, query.expand))


async def get_local_model(query: c.GetLocalModel, read: ReadTx | Tx, item_cache: ExpandedItems) -> Json:
    """Raises NotFound for rows that the caller may not see."""
    row = await local_model(query.model_id, read)
    return (await _expanded(LOCAL_MODELS, [row], read, item_cache, query.expand))[0]


async def local_model(model_id: int, read: ReadTx | Tx) -> c.LocalModelRow:
    where = [LocalModelRow.id == model_id, visible_to(read.actor, LocalModelRow)]
    found = (await read.session.execute(_local(where))).first()
    if found is None:
        raise NotFound("local_model_not_found", "There is no such model.")
    return presenter.present_local_model(*found)


async def list_local_models(query: c.ListLocalModels, read: ReadTx, item_cache: ExpandedItems) -> Rows:
    await _known_base(query.base_model, read)
    exact = {
        "status": query.status, "visibility": query.visibility, "is_pinned": query.is_pinned, "user_id": query.user,
        "base_model_id": query.base_model,
    }  # fmt: skip
    where = await filters(LocalModelRow, read, query.category, **exact)
    rows = _local([*where, visible_to(read.actor, LocalModelRow)])
    count, page = await page_of(rows, LocalModelRow, query.page, read)
    shown = [presenter.present_local_model(*row) for row in page]
    return Rows(count=count, results=await _expanded(LOCAL_MODELS, shown, read, item_cache, query.expand))


async def get_model_summary(query: c.GetModelSummary, read: ReadTx) -> c.KnownModel:
    """Looks at local models first. Raises NotFound unless the caller may see the model and it has a published
    version."""
    for kind, row in MODELS:
        wanted = select(row).where(row.stac_item_id == query.stac_item_id, row.facts.is_not(None))
        found = await read.session.scalar(wanted.where(visible_to(read.actor, row)))
        if found:
            return c.KnownModel(
                kind=kind,
                model_id=found.id,
                user_id=found.user_id,
                visibility=found.visibility,
                facts=c.ModelSummary.model_validate(found.facts),
            )
    raise NotFound("model_not_found", "There is no such model.")


async def _known_base(model_id: int | None, read: ReadTx) -> None:
    if model_id is not None and not await read.session.get(BaseModelRow, model_id):
        raise Invalid("unknown_base_model", "There is no such base model.", base_model=["There is no such base model."])


def _base(where: Where) -> Select[BaseModelRow, str]:
    users = select(BaseModelRow, KnownUser.username).outerjoin(KnownUser, KnownUser.id == BaseModelRow.user_id)
    return users.where(*where)


def _local(where: Where) -> Select[LocalModelRow, str, int, str]:
    rows = select(LocalModelRow, BaseModelRow.name, _RUNS, KnownUser.username)
    rows = rows.join(BaseModelRow, BaseModelRow.id == LocalModelRow.base_model_id)
    return rows.outerjoin(KnownUser, KnownUser.id == LocalModelRow.user_id).where(*where)


async def _expanded(
    collection: str, rows: list[Any], read: ReadTx | Tx, item_cache: ExpandedItems, expand: bool
) -> list[Json]:
    mine = await starred_by([row.name for row in rows], read)
    shown = [row.model_dump(mode="json") | {"is_starred": row.name in mine} for row in rows]
    if expand:
        if isinstance(read, ReadTx):
            await read.close()
        await item_cache.expand(collection, shown)
    return shown
