"""Pages of lists, written as JSON by the database and cut before they are too large for the bus."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import BigInteger, ColumnElement, Select, Text, bindparam, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute

from contracts.catalog.label_shared import ListPage
from kit.db.sql import CompiledQuery
from kit.errors import NotFound
from kit.messaging.tx import ReadTx

Column = InstrumentedAttribute[Any]
MAX_CHARACTERS = 4 << 20
"""Maximum characters of one answer, about half of the limit of the bus."""
MAX_ROWS = 1000
"""Maximum rows of one answer; the rest of a larger page follows in further answers."""


def utc(column: ColumnElement[datetime] | ColumnElement[datetime | None] | Column) -> ColumnElement[str]:
    """Returns a time as RFC 3339 text in UTC with a `Z`; microseconds where there are any."""
    text = func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    return func.replace(text, ".000000Z", "Z")


async def read_page(
    rows: Select[Any], row_id: Column, written: Select[Any], wanted: ListPage, read: ReadTx, total: int | None = None,
    skipped: int = 0,
) -> bytes:  # fmt: skip
    """Returns a page, ordered by `row_id`, as the JSON of `LabelRows`, with at least one row if there is one.

    `rows` has the conditions of the list; `written` selects the JSON of any row and has none. `total` is the number of
    rows where it is known without counting. `skipped` is the number of rows on earlier pages that `rows` leaves out.
    Raises NotFound for a page after the last one.
    """
    found = await _count(rows, read) if total is None else total
    limits, left = _offset_and_count(wanted, found, skipped)
    texts = (await read.session.scalars(page_of(rows, row_id, written), limits)).all()
    return _answer(texts, found, wanted, left)


class CompiledPages:
    """A list that is compiled once: `rows` has its conditions, with parameters; the other arguments are those of
    `read_page`."""

    def __init__(self, rows: Select[Any], row_id: Column, written: Select[Any]) -> None:
        self._page = CompiledQuery(page_of(rows, row_id, written))

    async def read(
        self, connection: AsyncConnection, wanted: ListPage, total: int, skipped: int = 0, **params: Any
    ) -> bytes:  # fmt: skip
        """Returns what `read_page` returns; `params` are values of the parameters."""
        limits, left = _offset_and_count(wanted, total, skipped)
        return _answer(await self._page.column(connection, **limits, **params), total, wanted, left)


def page_of(rows: Select[Any], row_id: Column, written: Select[Any]) -> Select[Any]:
    """Returns the statement of a page, with the parameters `before` and `count`: rows until the answer is full."""
    before, count = (bindparam(name, type_=BigInteger) for name in ("before", "count"))
    found = rows.with_only_columns(row_id.label("id"), maintain_column_froms=True).order_by(row_id)
    ids = found.offset(before).limit(count).subquery()
    one = written.with_only_columns(cast(written.selected_columns[0], Text), maintain_column_froms=True)
    text = one.where(row_id == ids.c.id).correlate(ids).scalar_subquery()
    chosen = select(text.label("text"), ids.c.id).cte("chosen").prefix_with("MATERIALIZED")
    size = func.length(chosen.c.text)
    behind = func.sum(size).over(order_by=chosen.c.id) - size
    sized = select(chosen.c.text, behind.label("behind"), chosen.c.id).subquery()
    return select(sized.c.text).where(sized.c.behind < MAX_CHARACTERS).order_by(sized.c.id)


def _offset_and_count(wanted: ListPage, total: int, skipped: int) -> tuple[dict[str, int], int]:
    """Returns the parameters of `page_of`, and the number of rows of the page."""
    left = rows_of_page(wanted.page, wanted.per_page, total)
    before = (wanted.page - 1) * wanted.per_page + wanted.start - skipped
    return {"before": before, "count": min(max(left - wanted.start, 0), MAX_ROWS)}, left


def _answer(texts: Sequence[str], total: int, wanted: ListPage, left: int) -> bytes:
    end = wanted.start + len(texts)
    after = end if texts and end < left else "null"
    body = ",".join(texts)
    return f'{{"total":{total},"per_page":{wanted.per_page},"next_start":{after},"results":[{body}]}}'.encode()


async def _count(rows: Select[Any], read: ReadTx) -> int:
    return await read.session.scalar(rows.with_only_columns(func.count(), maintain_column_froms=True)) or 0


def rows_of_page(page: int, per_page: int, total: int) -> int:
    """Returns the number of rows on a page. Raises NotFound for a page after the last one."""
    pages = max(1, -(-total // per_page))
    if page > pages:
        raise NotFound("not_found", f"There is no page {page}; the last one is page {pages}.")
    return min(per_page, total - (page - 1) * per_page)


def contains(column: Column, part: str) -> ColumnElement[bool]:
    """Whether the text contains `part`, ignoring case."""
    return func.strpos(func.lower(column), part.lower()) > 0
