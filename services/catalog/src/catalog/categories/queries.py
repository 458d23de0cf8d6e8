from sqlalchemy import func, select

from catalog.categories.tables import CategoryRow
from contracts.catalog.areas import Category, ListCategories
from contracts.shared import Rows
from kit.errors import NotFound
from kit.messaging.tx import ReadTx, Tx


async def get_category(slug: str, read: ReadTx) -> Category:
    return present(await category_row(slug, read))


async def list_categories(query: ListCategories, read: ReadTx) -> Rows:
    count = await read.session.scalar(select(func.count()).select_from(CategoryRow))
    page = select(CategoryRow).order_by(CategoryRow.slug).limit(query.page.limit).offset(query.page.offset)
    rows = (await read.session.scalars(page)).all()
    return Rows(count=count or 0, results=[present(row).model_dump(mode="json") for row in rows])


async def category_row(slug: str, tx: Tx | ReadTx) -> CategoryRow:
    row = await tx.session.scalar(select(CategoryRow).where(CategoryRow.slug == slug))
    if row is None:
        raise NotFound("category_not_found", "There is no such category.")
    return row


def present(row: CategoryRow) -> Category:
    return Category.model_validate(row, from_attributes=True)
