"""Inserts of several commits as one statement: each table gets the rows of all of them from binary arrays.

One text, whatever the number of rows, so that PostgreSQL plans it once; and a third of what as many statements cost
both sides (docs/decisions/0116).
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import Text, TypeEngine

from kit.db.sql import Rows, SqlFragment

_POSITIONAL = dialect(paramstyle="format")


def insert_all(inserts: Sequence[Rows]) -> list[SqlFragment]:
    """Returns one insert for each table and choice of columns, in the order of their first rows."""
    together: dict[tuple[Table, tuple[str, ...]], list[tuple[Any, ...]]] = {}
    for rows in inserts:
        together.setdefault((rows.table, rows.columns), []).extend(rows.values)
    return [
        SqlFragment(_statement(table, columns), tuple(map(_array, zip(*values, strict=True))))
        for (table, columns), values in together.items()
    ]


def _array(values: tuple[Any, ...]) -> list[Any] | None:
    """`unnest` fills up a list that is null; one of nulls only would have no type."""
    return None if all(value is None for value in values) else list(values)


@cache
def _statement(table: Table, columns: tuple[str, ...]) -> str:
    sent = {name: _sent_as(table.c[name].type) for name in columns}
    lists = [bindparam(name, type_=postgresql.ARRAY(kind)) for name, kind in sent.items()]
    typed = [column(name, kind) for name, kind in sent.items()]
    given = func.unnest(*lists).table_valued(*typed, name="given").render_derived()
    rows = select(*(_stored_as(table.c[name].type, given.c[name]) for name in columns))
    statement = postgresql.insert(table).inline().from_select(list(columns), rows, include_defaults=False)
    return str(statement.compile(dialect=_POSITIONAL)).replace("%s", "%b")


def _sent_as(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """JSON and geometries travel as text."""
    is_text = isinstance(kind, postgresql.JSONB) or kind.bind_expression(bindparam("value")) is not None
    return Text() if is_text else kind


def _stored_as(kind: TypeEngine[Any], given: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(kind, postgresql.JSONB):
        return cast(given, kind)
    written = kind.bind_expression(given)  # type: ignore[arg-type]
    return given if written is None else written
