"""Categories: one short list that administrators keep."""

import re
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from catalog.areas.tables import CategoryRow
from contracts.catalog.areas import Category, ChangeCategory, CreateCategory, DeleteCategory, ListCategories
from contracts.shared import Actor, Rows
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.messaging.tx import ReadTx, Tx

_SLUG = re.compile(r"[a-zA-Z0-9_-]{1,50}")
MAX_LABEL = 100


async def create_category(command: CreateCategory, tx: Tx) -> Category:
    _admins_only(tx.actor)
    if not _SLUG.fullmatch(command.slug):
        problem = "Letters, digits, - and _ only, at most 50."
        raise Invalid("invalid_slug", problem, slug=[problem])
    if await tx.session.scalar(select(CategoryRow.id).where(CategoryRow.slug == command.slug)):
        raise Invalid("slug_taken", "There is such a category.", slug=["There is such a category."])
    row = CategoryRow(slug=command.slug, label=_label(command.label), description=command.description)
    tx.session.add(row)
    await tx.session.flush()
    return _view(row)


async def change_category(command: ChangeCategory, tx: Tx) -> Category:
    _admins_only(tx.actor)
    row = await _row(command.slug, tx)
    row.label = row.label if command.label is None else _label(command.label)
    row.description = row.description if command.description is None else command.description
    row.last_modified = datetime.now(UTC)
    return _view(row)


async def delete_category(command: DeleteCategory, tx: Tx) -> None:
    """Conflict while anything of the catalog is filed under it."""
    _admins_only(tx.actor)
    row = await _row(command.slug, tx)
    try:
        await tx.session.delete(row)
        await tx.session.flush()
    except IntegrityError as error:
        raise Conflict("category_in_use", f"The category {command.slug} is in use and cannot be deleted.") from error


async def get_category(slug: str, read: ReadTx) -> Category:
    return _view(await _row(slug, read))


async def list_categories(query: ListCategories, read: ReadTx) -> Rows:
    count = await read.session.scalar(select(func.count()).select_from(CategoryRow))
    page = select(CategoryRow).order_by(CategoryRow.slug).limit(query.page.limit).offset(query.page.offset)
    rows = (await read.session.scalars(page)).all()
    return Rows(count=count or 0, results=[_view(row).model_dump(mode="json") for row in rows])


def _admins_only(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden("admins_only", "Only administrators may change categories.")


def _label(label: str) -> str:
    if not label.strip() or len(label) > MAX_LABEL:
        problem = f"Between 1 and {MAX_LABEL} characters."
        raise Invalid("invalid_label", problem, label=[problem])
    return label


async def _row(slug: str, tx: Tx | ReadTx) -> CategoryRow:
    row = await tx.session.scalar(select(CategoryRow).where(CategoryRow.slug == slug))
    if row is None:
        raise NotFound("category_not_found", "There is no such category.")
    return row


def _view(row: CategoryRow) -> Category:
    return Category.model_validate(row, from_attributes=True)
