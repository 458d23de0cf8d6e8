from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from catalog.access import sees_all
from catalog.datasets.tables import DatasetRow
from catalog.datasets.views import DatasetViews, as_json
from catalog.paging import compared, number_of, one_page, ordered, searched
from catalog.stac.facets import Facets
from catalog.stac.vocabulary import DATASETS
from contracts.catalog.datasets import GetDataset, ListDatasets
from contracts.shared import Actor, Json, Rows
from kit.errors import NotFound
from kit.messaging.tx import ReadTx

ORDERS = {
    name: getattr(DatasetRow, name)
    for name in ("created_at", "last_modified", "id", "title", "status", "visibility", "star_count")
}
RANGES = {name: getattr(DatasetRow, name) for name in ("id", "created_at", "last_modified", "source_imagery")}


async def get_dataset(query: GetDataset, read: ReadTx, views: DatasetViews, facets: Facets) -> Json:
    by = DatasetRow.stac_id == query.stac_id if query.stac_id is not None else DatasetRow.id == query.dataset_id
    row = await read.session.scalar(visible(read.actor).where(by))
    if row is None:
        raise NotFound("dataset_not_found", "There is no such dataset.")
    return (await _shown([row], query.expand, read, views, facets))[0]


async def list_datasets(query: ListDatasets, read: ReadTx, views: DatasetViews, facets: Facets) -> Rows:
    wanted = searched(_filtered(query), query.page, DatasetRow.id, DatasetRow.title, DatasetRow.stac_id)
    wanted = compared(wanted, query.page.compare, RANGES)
    rows = wanted if sees_all(read.actor) else wanted.where(or_(*_apart(read.actor)))
    count = await read.session.scalar(number_of(wanted, _apart(read.actor)))
    rows = ordered(rows, query.page.ordering, ORDERS, "-created_at", DatasetRow.id)
    page = (await read.session.scalars(one_page(rows, DatasetRow.id, query.page.limit, query.page.offset))).all()
    return Rows(count=count or 0, results=await _shown(page, query.expand, read, views, facets))


async def _shown(
    rows: Sequence[DatasetRow], expand: bool, read: ReadTx, views: DatasetViews, facets: Facets
) -> list[Json]:
    shown = [as_json(view) for view in await views.many(rows, read)]
    if expand:
        await facets.expand(DATASETS, [row for row in shown if row["status"] == "built"], key="stac_id")
    return shown


def visible(actor: Actor) -> Select[DatasetRow]:
    return select(DatasetRow).where(or_(*_apart(actor)))


def _apart(actor: Actor) -> list[ColumnElement[bool]]:
    """What the caller sees, in parts that have no row in common."""
    if sees_all(actor):
        return [true()]
    public = DatasetRow.visibility == "public"
    own = and_(DatasetRow.user_id == actor.id, DatasetRow.visibility == "private")
    return [public] if actor.is_anonymous else [public, own]


def _filtered(query: ListDatasets) -> Select[DatasetRow]:
    rows = select(DatasetRow)
    if query.status is not None:
        rows = rows.where(DatasetRow.status == query.status)
    if query.visibility is not None:
        rows = rows.where(DatasetRow.visibility == query.visibility)
    return rows if query.user is None else rows.where(DatasetRow.user_id == query.user)
