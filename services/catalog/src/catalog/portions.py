"""Lists whose rows the database writes as JSON, in portions that the bus can carry."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from contracts.shared import Page
from kit.messaging.tx import ReadTx

Column = InstrumentedAttribute[Any]
LARGEST = 4 << 20
"""Characters of one answer, about half of what the bus takes."""


def within(rows: Select[Any], geom: Column, box: ColumnElement[Any]) -> Select[Any]:
    """Touching counts. The first condition is for the index."""
    return rows.where(geom.op("&&")(box)).where(func.ST_Intersects(geom, box))


async def fitting(
    rows: Select[Any], by: Column, page: Page, after: int, read: ReadTx, count: Select[Any] | None = None,
    bare: Select[Any] | None = None,
) -> bytes:  # fmt: skip
    """`rows` select one column of JSON text. One page of them by id, cut short before it outgrows the bus, but never
    empty while there is a row. With `after` only greater ids, and nothing is counted. `count` says how to count where
    there is a quicker way than to look at each row; `bare` is `rows` without conditions.

    Ids first, then each row by its id, written as JSON once: left to itself the planner repeats the conditions of the
    list for each row of the page, and writes each row for its length too."""
    counting = rows.with_only_columns(func.count(), maintain_column_froms=True) if count is None else count
    found_in_all = 0 if after else await read.session.scalar(counting)
    listed = rows.with_only_columns(by.label("place"), maintain_column_froms=True).where(by > after)
    places = listed.order_by(by).limit(page.limit).offset(page.offset).subquery()
    written = (rows if bare is None else bare).where(by == places.c.place).correlate(places).scalar_subquery()
    chosen = select(written.label("text"), places.c.place).cte("chosen").prefix_with("MATERIALIZED")
    text, place = chosen.c
    size = func.length(text)
    sized = select(text, (func.sum(size).over(order_by=place) - size).label("before"), place).subquery()
    kept = select(sized.c[0]).where(sized.c.before < LARGEST).order_by(sized.c.place)
    found: Sequence[str] = (await read.session.scalars(kept)).all()
    return f'{{"count": {found_in_all}, "results": [{",".join(found)}]}}'.encode()
