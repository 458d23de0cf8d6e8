"""Filters and pages of registered models."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from catalog.categories.tables import CategoryRow
from catalog.models.tables import LocalModelRow
from catalog.models.visibility import Row
from catalog.shared.paging import compare, order, search
from contracts.shared import Page
from kit.errors import Invalid
from kit.messaging.tx import ReadTx

RANGES = ("created_at", "last_modified", "id", "dataset")


async def filters(row: Row, read: ReadTx, category: str | None, **exact: Any) -> list[ColumnElement[bool]]:
    """`exact`: values by column, None for no filter. Raises Invalid for an unknown category."""
    if category is not None:
        if not await read.session.scalar(select(CategoryRow.id).where(CategoryRow.slug == category)):
            raise Invalid("unknown_category", "There is no such category.", category=["There is no such category."])
        exact["category"] = category
    return [getattr(row, name) == value for name, value in exact.items() if value is not None]


async def page_of(rows: Select[*tuple[Any, ...]], row: Row, page: Page, read: ReadTx) -> tuple[int, Sequence[Any]]:
    """Returns the number of all matches and one page of them, newest first by default."""
    orders = {name: getattr(row, name) for name in ("created_at", "last_modified", "id", "status", "star_count")}
    ranges = {name: getattr(row, name) for name in RANGES if hasattr(row, name)}
    rows = compare(search(rows, page, row.id, *_texts(row)), page.compare, ranges)
    count = await read.session.scalar(rows.with_only_columns(func.count(), maintain_column_froms=True))
    rows = order(rows, page.ordering, orders, "-created_at", row.id)
    return count or 0, (await read.session.execute(rows.limit(page.limit).offset(page.offset))).all()


def _texts(row: Row) -> list[Any]:
    """Returns the searched columns: the name, and for local models the title."""
    return [row.name, row.title] if issubclass(row, LocalModelRow) else [row.name]
