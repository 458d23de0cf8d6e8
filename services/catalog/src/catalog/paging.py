"""Search, ranges and order of lists."""

from collections.abc import Callable
from datetime import datetime
from operator import eq, ge, gt, le, lt
from typing import Any

from sqlalchemy import Select, or_
from sqlalchemy.orm import InstrumentedAttribute

from contracts.shared import Comparison
from kit.errors import Invalid

Column = InstrumentedAttribute[Any]


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"exact": eq, "gt": gt, "gte": ge, "lt": lt, "lte": le}
READERS: dict[type, Callable[[str], Any]] = {int: int, datetime: datetime.fromisoformat, str: str}


def compared(rows: Select[Any], wanted: list[Comparison], known: dict[str, Column]) -> Select[Any]:
    """Invalid for a value that the column cannot have; unknown fields are ignored."""
    for one in (one for one in wanted if one.field in known):
        column = known[one.field]
        try:
            value = READERS[column.type.python_type](one.value)
        except ValueError as error:
            raise Invalid("invalid_filter", "Invalid request data", **{one.field: ["Enter a valid value."]}) from error
        rows = rows.where(OPERATORS[one.op](column, value))
    return rows


def searched(rows: Select[Any], text: str, *columns: Column) -> Select[Any]:
    """Every word must be contained in one of the columns, whatever its case."""
    for word in text.split():
        rows = rows.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return rows


def ordered(rows: Select[Any], ordering: str, known: dict[str, Column], default: str, last: Column) -> Select[Any]:
    """By the known names of `ordering`, unknown ones are ignored; `last` settles ties."""
    names = [name.strip() for name in ordering.split(",") if name.strip().removeprefix("-") in known]
    for name in names or [default]:
        column = known[name.removeprefix("-")]
        rows = rows.order_by(column.desc() if name.startswith("-") else column.asc())
    return rows.order_by(last.desc())
