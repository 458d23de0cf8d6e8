"""Search and order of lists."""

from typing import Any

from sqlalchemy import Select, or_
from sqlalchemy.orm import InstrumentedAttribute

Column = InstrumentedAttribute[Any]


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
