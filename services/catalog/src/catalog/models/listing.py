"""Visibility, filters and pages of registered models."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from catalog.access import sees_all
from catalog.areas.tables import CategoryRow
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.paging import compared, ordered, searched
from contracts.shared import Actor, Page
from kit.errors import Invalid
from kit.messaging.tx import ReadTx

RANGES = ("created_at", "last_modified", "id", "dataset")
Row = type[BaseModelRow] | type[LocalModelRow]


def visible(row: Row, actor: Actor) -> ColumnElement[bool]:
    """Public and active ones; one's own in any state; some callers see all."""
    if sees_all(actor):
        return true()
    shown = and_(row.visibility == "public", row.status == "active")
    return shown if actor.is_anonymous else or_(shown, row.user_id == actor.id)


async def filters(row: Row, read: ReadTx, category: str | None, **exact: Any) -> list[ColumnElement[bool]]:
    """`exact` maps columns to values, None leaves a column alone. Invalid for a category that does not exist."""
    if category is not None:
        if not await read.session.scalar(select(CategoryRow.id).where(CategoryRow.slug == category)):
            raise Invalid("unknown_category", "There is no such category.", category=["There is no such category."])
        exact["category"] = category
    return [getattr(row, name) == value for name, value in exact.items() if value is not None]


async def page_of(rows: Select[Any], row: Row, page: Page, read: ReadTx) -> tuple[int, Sequence[Any]]:
    """Number of all matches and one page of them; newest first unless asked otherwise."""
    orders = {name: getattr(row, name) for name in ("created_at", "last_modified", "id", "status", "star_count")}
    ranges = {name: getattr(row, name) for name in RANGES if hasattr(row, name)}
    rows = compared(searched(rows, page, row.id, *_texts(row)), page.compare, ranges)
    count = await read.session.scalar(rows.with_only_columns(func.count(), maintain_column_froms=True))
    rows = ordered(rows, page.ordering, orders, "-created_at", row.id)
    return count or 0, (await read.session.execute(rows.limit(page.limit).offset(page.offset))).all()


def _texts(row: Row) -> list[Any]:
    """What is searched: the words of the owner, where there are any, beside the name."""
    return [row.name, row.title] if issubclass(row, LocalModelRow) else [row.name]
