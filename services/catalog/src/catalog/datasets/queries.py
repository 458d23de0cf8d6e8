from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select

from catalog.datasets.presenter import DatasetPresenter, as_json
from catalog.datasets.tables import DatasetRow
from catalog.datasets.visibility import visible_parts, visible_to
from catalog.shared.access import can_see_all
from catalog.shared.paging import compare, number_of, one_page, order, search
from catalog.stac.ports import ExpandedItems
from catalog.stac.vocabulary import DATASETS
from contracts.catalog.datasets import GetDataset, ListDatasets
from contracts.shared import Actor, Comparison, Json, Rows
from kit.errors import NotFound
from kit.messaging.tx import ReadTx

ORDERS = {
    name: getattr(DatasetRow, name)
    for name in ("created_at", "last_modified", "id", "title", "status", "visibility", "star_count")
}
RANGES = {name: getattr(DatasetRow, name) for name in ("id", "created_at", "last_modified", "source_imagery")}


async def get_dataset(query: GetDataset, read: ReadTx, presenter: DatasetPresenter, item_cache: ExpandedItems) -> Json:
    by = DatasetRow.stac_id == query.stac_id if query.stac_id is not None else DatasetRow.id == query.dataset_id
    row = await read.session.scalar(select(DatasetRow).where(visible_to(read.actor), by))
    if row is None:
        raise NotFound("dataset_not_found", "There is no such dataset.")
    return (await _shown([row], query.expand, read, presenter, item_cache))[0]


async def list_datasets(
    query: ListDatasets, read: ReadTx, presenter: DatasetPresenter, item_cache: ExpandedItems
) -> Rows:
    wanted = search(_filtered(query), query.page, DatasetRow.id, DatasetRow.title, DatasetRow.stac_id)
    wanted = _keys_hidden(compare(wanted, query.page.compare, RANGES), query.page.compare, read.actor)
    rows = wanted if can_see_all(read.actor) else wanted.where(visible_to(read.actor))
    count = await read.session.scalar(number_of(wanted, visible_parts(read.actor)))
    rows = order(rows, query.page.ordering, ORDERS, "-created_at", DatasetRow.id)
    page = (await read.session.scalars(one_page(rows, DatasetRow.id, query.page.limit, query.page.offset))).all()
    return Rows(count=count or 0, results=await _shown(page, query.expand, read, presenter, item_cache))


async def _shown(
    rows: Sequence[DatasetRow], expand: bool, read: ReadTx, presenter: DatasetPresenter, item_cache: ExpandedItems
) -> list[Json]:
    shown = [as_json(view) for view in await presenter.present_all(rows, read)]
    if expand:
        await read.close()
        await item_cache.expand(DATASETS, [row for row in shown if row["status"] == "built"], key="stac_id")
    return shown


def _keys_hidden(rows: Select[Any], wanted: list[Comparison], actor: Actor) -> Select[Any]:
    """Hides rows whose imagery URLs may contain keys from filters by others, who could guess the keys by trying."""
    if can_see_all(actor) or not any(one.field == "source_imagery" for one in wanted):
        return rows
    plain = DatasetRow.source_imagery.not_like("%?%") & DatasetRow.source_imagery.not_like("%@%")
    return rows.where(or_(DatasetRow.user_id == actor.id, plain))


def _filtered(query: ListDatasets) -> Select[DatasetRow]:
    rows = select(DatasetRow)
    if query.status is not None:
        rows = rows.where(DatasetRow.status == query.status)
    if query.visibility is not None:
        rows = rows.where(DatasetRow.visibility == query.visibility)
    return rows if query.user is None else rows.where(DatasetRow.user_id == query.user)
