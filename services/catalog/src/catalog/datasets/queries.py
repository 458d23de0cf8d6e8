from collections.abc import Sequence

from sqlalchemy import Select, false, func, or_, select

from catalog.access import sees_all
from catalog.datasets.tables import DatasetRow
from catalog.datasets.views import DatasetViews, as_json
from catalog.paging import compared, ordered, searched
from catalog.stac.facets import Facets
from catalog.stac.vocabulary import DATASETS
from contracts.catalog.datasets import GetDataset, ListDatasets
from contracts.shared import Actor, Json, Rows
from kit.errors import NotFound
from kit.messaging.tx import ReadTx

ORDERS = {
    name: getattr(DatasetRow, name) for name in ("created_at", "last_modified", "id", "title", "status", "star_count")
}
RANGES = {name: getattr(DatasetRow, name) for name in ("id", "created_at", "last_modified", "source_imagery")}


async def get_dataset(query: GetDataset, read: ReadTx, views: DatasetViews, facets: Facets) -> Json:
    by = DatasetRow.stac_id == query.stac_id if query.stac_id is not None else DatasetRow.id == query.dataset_id
    row = await read.session.scalar(visible(read.actor).where(by))
    if row is None:
        raise NotFound("dataset_not_found", "There is no such dataset.")
    return (await _shown([row], query.expand, read, views, facets))[0]


async def list_datasets(query: ListDatasets, read: ReadTx, views: DatasetViews, facets: Facets) -> Rows:
    rows = searched(_filtered(query, read.actor), query.page.search, DatasetRow.title, DatasetRow.stac_id)
    rows = compared(rows, query.page.compare, RANGES)
    count = await read.session.scalar(rows.with_only_columns(func.count(), maintain_column_froms=True))
    rows = ordered(rows, query.page.ordering, ORDERS, "-created_at", DatasetRow.id)
    page = (await read.session.scalars(rows.limit(query.page.limit).offset(query.page.offset))).all()
    return Rows(count=count or 0, results=await _shown(page, query.expand, read, views, facets))


async def _shown(
    rows: Sequence[DatasetRow], expand: bool, read: ReadTx, views: DatasetViews, facets: Facets
) -> list[Json]:
    shown = [as_json(view) for view in await views.many(rows, read)]
    if expand:
        await facets.expand(DATASETS, [row for row in shown if row["status"] == "built"], key="stac_id")
    return shown


def visible(actor: Actor) -> Select[DatasetRow]:
    if sees_all(actor):
        return select(DatasetRow)
    own = DatasetRow.user_id == actor.id if not actor.is_anonymous else false()
    return select(DatasetRow).where(or_(DatasetRow.visibility == "public", own))


def _filtered(query: ListDatasets, actor: Actor) -> Select[DatasetRow]:
    rows = visible(actor)
    if query.status is not None:
        rows = rows.where(DatasetRow.status == query.status)
    if query.visibility is not None:
        rows = rows.where(DatasetRow.visibility == query.visibility)
    return rows if query.user is None else rows.where(DatasetRow.user_id == query.user)
