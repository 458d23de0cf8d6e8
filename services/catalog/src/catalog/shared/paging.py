"""Search, ranges, order and pages of lists."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import eq, ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from contracts.shared import Comparison, Page
from kit.errors import Invalid

Column = InstrumentedAttribute[Any]
LONGEST_ID = 18


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"exact": eq, "gt": gt, "gte": ge, "lt": lt, "lte": le}


def _number(text: str) -> int:
    """Raises ValueError for a number that does not fit into a column."""
    number = int(text)
    if number.bit_length() > 63:
        raise ValueError(text[:LONGEST_ID])
    return number


READERS: dict[type, Callable[[str], Any]] = {int: _number, datetime: datetime.fromisoformat, str: str}


def compare(rows: Select[Any], wanted: list[Comparison], known: dict[str, Column]) -> Select[Any]:
    """Adds the comparisons. Raises Invalid for a value that the column cannot have; unknown fields are ignored."""
    for one in (one for one in wanted if one.field in known):
        column = known[one.field]
        try:
            value = READERS[column.type.python_type](one.value)
        except ValueError as error:
            raise Invalid("invalid_filter", "Invalid request data", **{one.field: ["Enter a valid value."]}) from error
        rows = rows.where(OPERATORS[one.op](column, value))
    return rows


def search(rows: Select[Any], page: Page, row_id: Column, *columns: Column) -> Select[Any]:
    """Every word must be part of one of the columns, ignoring case. The expression is that of the indexes of
    migration 0006, which `ilike` would not use."""
    for word in page.search.split():
        literal = re.sub("([%_/])", r"/\1", word)
        pattern = func.lower(f"%{literal}%")
        found = [func.lower(column).like(pattern, escape="/") for column in columns]
        is_number = page.by_id and word.isdecimal() and len(word) <= LONGEST_ID
        rows = rows.where(or_(*found, *([row_id == int(word)] if is_number else [])))
    return rows


def order(rows: Select[Any], ordering: str, known: dict[str, Column], default: str, last: Column) -> Select[Any]:
    """Orders by the known names of `ordering`; `last` makes the order unique."""
    names = [name.strip() for name in ordering.split(",") if name.strip().removeprefix("-") in known]
    for name in names or [default]:
        column = known[name.removeprefix("-")]
        rows = rows.order_by(column.desc() if name.startswith("-") else column.asc())
    return rows.order_by(last.desc())


def number_of(rows: Select[Any], apart: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Counts the rows that meet one of the disjoint conditions `apart`: each count walks one index, where an OR of
    them would scan all rows."""
    counted = rows.with_only_columns(func.count(), maintain_column_froms=True)
    parts = [counted.where(part).scalar_subquery() for part in apart]
    return select(sum(parts[1:], parts[0]))


def one_page(rows: Select[Any], ids: Column, limit: Any, offset: Any) -> Select[Any]:
    """Returns one page of ordered `rows`; `limit` and `offset` are numbers or parameters. Earlier rows are skipped in
    an index; only rows of the page are read."""
    chosen = rows.with_only_columns(ids.label("id"), maintain_column_froms=True).limit(limit).offset(offset).subquery()
    return rows.where(ids.in_(select(chosen.c.id)))
