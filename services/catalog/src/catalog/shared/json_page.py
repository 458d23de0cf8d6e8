"""Lists whose rows the database writes as JSON, in pages that fit into a message."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from contracts.shared import Page
from kit.messaging.tx import ReadTx

Column = InstrumentedAttribute[Any]
MAX_CHARACTERS = 4 << 20
"""Maximum characters of one reply, about half of the limit of the bus."""


async def truncate_to_size(
    rows: Select[Any], by: Column, page: Page, after: int, read: ReadTx, bare: Select[Any] | None = None
) -> bytes:
    """Returns one page ordered by id, cut before it exceeds `MAX_CHARACTERS`, but with at least one row if there is
    one. `rows` select one column of JSON text. With `after` only greater ids are returned, and nothing is counted.
    `bare` is `rows` without conditions.

    The statement selects ids first, then writes the JSON of each row once: otherwise the planner repeats the conditions
    of the list for each row, and writes each row again for its length.
    """
    counting = rows.with_only_columns(func.count(), maintain_column_froms=True)
    found_in_all = 0 if after else await read.session.scalar(counting) or 0
    place = {"after": after, "limit": page.limit, "offset": page.offset}
    return as_page(found_in_all, (await read.session.scalars(page_of(rows, by, bare), place)).all())


def page_of(rows: Select[Any], by: Column, bare: Select[Any] | None = None) -> Select[Any]:
    """Returns the statement of `truncate_to_size`, with the parameters `after`, `limit` and `offset`."""
    after, limit, offset = (bindparam(name, type_=BigInteger) for name in ("after", "limit", "offset"))
    listed = rows.with_only_columns(by.label("id"), maintain_column_froms=True).where(by > after)
    page_ids = listed.order_by(by).limit(limit).offset(offset).subquery()
    written = (rows if bare is None else bare).where(by == page_ids.c.id).correlate(page_ids).scalar_subquery()
    chosen = select(written.label("text"), page_ids.c.id).cte("chosen").prefix_with("MATERIALIZED")
    text, row_id = chosen.c
    size = func.length(text)
    sized = select(text, (func.sum(size).over(order_by=row_id) - size).label("before"), row_id).subquery()
    return select(sized.c[0]).where(sized.c.before < MAX_CHARACTERS).order_by(sized.c.id)


def as_page(count: int, rows: Sequence[str]) -> bytes:
    return f'{{"count": {count}, "results": [{",".join(rows)}]}}'.encode()
