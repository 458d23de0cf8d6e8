from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, or_, select

from catalog.datasets.presenter import SHOWN, DatasetPresenter, as_json, rating_user_of
from catalog.datasets.tables import DatasetRow
from catalog.datasets.visibility import parts_by_id, visible_parts, visible_to
from catalog.shared.access import can_see_all
from catalog.shared.paging import compare, number_of, one_page, order, search
from catalog.stac.ports import ExpandedItems
from catalog.stac.vocabulary import DATASETS
from contracts.catalog.datasets import GetDataset, ListDatasets
from contracts.shared import Actor, Comparison, Json
from kit.db.sql import CompiledQuery
from kit.errors import NotFound
from kit.messaging.tx import ReadTx

ORDERS = {
    name: getattr(DatasetRow, name)
    for name in ("created_at", "last_modified", "id", "title", "status", "visibility", "star_count")
}
RANGES = {name: getattr(DatasetRow, name) for name in ("id", "created_at", "last_modified", "source_imagery")}

NEWEST_FIRST = "-created_at"
Found = tuple[int, Sequence[Mapping[Any, Any]]]
"""Number of all rows, and those of a page."""


async def get_dataset(query: GetDataset, read: ReadTx, presenter: DatasetPresenter, item_cache: ExpandedItems) -> bytes:
    by = DatasetRow.stac_id == query.stac_id if query.stac_id is not None else DatasetRow.id == query.dataset_id
    found = await read.session.execute(SHOWN.where(visible_to(read.actor), by), {"voter": rating_user_of(read.actor)})
    rows = found.mappings().all()
    if not rows:
        raise NotFound("dataset_not_found", "There is no such dataset.")
    return as_json((await _shown(rows, query.expand, read, presenter, item_cache))[0])


async def list_datasets(
    query: ListDatasets, read: ReadTx, presenter: DatasetPresenter, item_cache: ExpandedItems
) -> bytes:
    """Returns the JSON of `contracts.shared.Rows`."""
    count, rows = await (_list_all if _is_without_filters(query) else _list_some)(query, read)
    return as_json({"count": count, "results": await _shown(rows, query.expand, read, presenter, item_cache)})


def _is_without_filters(query: ListDatasets) -> bool:
    page = query.page
    given = query.status or query.visibility or page.search or page.ordering or page.compare
    return not given and query.user is None


@cache
def _all(everything: bool, anonymous: bool) -> tuple[CompiledQuery, CompiledQuery]:
    """The list without filters and its count: built anew they cost more than all else in this process."""
    parts = parts_by_id(bindparam("actor_id", type_=BigInteger), everything, anonymous)
    rows = order(SHOWN.where(or_(*parts)), "", ORDERS, NEWEST_FIRST, DatasetRow.id)
    page = one_page(rows, DatasetRow.id, bindparam("limit", type_=BigInteger), bindparam("offset", type_=BigInteger))
    return CompiledQuery(page), CompiledQuery(number_of(select(DatasetRow), parts))


async def _list_all(query: ListDatasets, read: ReadTx) -> Found:
    rows, count = _all(can_see_all(read.actor), read.actor.is_anonymous)
    place = {"limit": query.page.limit, "offset": query.page.offset, "voter": rating_user_of(read.actor)}
    async with read.db.raw() as connection:
        in_all = await count.value(connection, actor_id=read.actor.id)
        return in_all, await rows.rows(connection, actor_id=read.actor.id, **place)


async def _list_some(query: ListDatasets, read: ReadTx) -> Found:
    wanted = search(_filtered(query), query.page, DatasetRow.id, DatasetRow.title, DatasetRow.stac_id)
    wanted = _keys_hidden(compare(wanted, query.page.compare, RANGES), query.page.compare, read.actor)
    count = await read.session.scalar(number_of(wanted, visible_parts(read.actor)))
    rows = order(wanted.where(visible_to(read.actor)), query.page.ordering, ORDERS, NEWEST_FIRST, DatasetRow.id)
    page = one_page(rows, DatasetRow.id, query.page.limit, query.page.offset)
    return count or 0, (await read.session.execute(page, {"voter": rating_user_of(read.actor)})).mappings().all()


async def _shown(
    rows: Sequence[Mapping[Any, Any]], expand: bool, read: ReadTx, presenter: DatasetPresenter,
    item_cache: ExpandedItems,
) -> list[Json]:  # fmt: skip
    shown = presenter.present_all(rows, read.actor)
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


def _filtered(query: ListDatasets) -> Select[*tuple[Any, ...]]:
    rows = SHOWN
    if query.status is not None:
        rows = rows.where(DatasetRow.status == query.status)
    if query.visibility is not None:
        rows = rows.where(DatasetRow.visibility == query.visibility)
    return rows if query.user is None else rows.where(DatasetRow.user_id == query.user)
