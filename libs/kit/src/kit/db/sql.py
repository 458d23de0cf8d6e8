"""SQLAlchemy statements compiled once and run on bare connections.

`CompiledQuery` is a read with named parameters; `insert` and `upsert` turn a row into a fragment, and `write` runs any
number of fragments as one statement: one round trip, one commit, all or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import dict_row, scalar_row, tuple_row
from sqlalchemy import (
    ARRAY,
    BindParameter,
    Executable,
    ScalarSelect,
    Table,
    TableValuedAlias,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_POSITIONAL = dialect(paramstyle="format")
_NAMED = dialect(paramstyle="pyformat")


class CompiledQuery:
    """A select that is compiled once, with `bindparam`s; `rows` and `value` run it on a bare connection."""

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=_NAMED)  # type: ignore[attr-defined]
        self.sql, self.defaults = _text_of(compiled).encode(), compiled.params

    async def rows(self, connection: psycopg.AsyncConnection, **params: Any) -> list[dict[str, Any]]:
        """Returns all rows as dicts. `params` are the values of the bind parameters; raises psycopg errors."""
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(self.sql, {**self.defaults, **params})
            return await cursor.fetchall()

    async def column(self, connection: psycopg.AsyncConnection, **params: Any) -> list[Any]:
        """Returns the first column of all rows. `params` as for `rows`."""
        async with connection.cursor(row_factory=scalar_row) as cursor:
            await cursor.execute(self.sql, {**self.defaults, **params})
            return await cursor.fetchall()

    async def value(self, connection: psycopg.AsyncConnection, **params: Any) -> Any:
        """Returns the first column of the first row, or None when there is no row. `params` as for `rows`."""
        async with connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(self.sql, {**self.defaults, **params})
            row = await cursor.fetchone()
        return row[0] if row else None


def _text_of(compiled: SQLCompiler) -> str:
    """Returns the text with constants in it, and lists sent as binary arrays: both cost the driver less than text
    parameters."""
    sql = str(compiled)
    for name, bind in compiled.binds.items():
        if isinstance(bind.type, ARRAY):
            sql = sql.replace(f"%({name})s", f"%({name})b")
        elif bind.unique and bind.value is not None:
            sql = sql.replace(f"%({name})s", compiled.render_literal_value(bind.value, bind.type))
    return sql


def asked_rows(**columns: type[TypeEngine[Any]]) -> TableValuedAlias:
    """Returns a table of what many callers ask for in one statement: a bind parameter of each column's name holds the
    values, as a list, and the column `number` counts the rows from 1."""
    typed = [column(name, kind) for name, kind in columns.items()]
    lists = [_unseen(bindparam(name, type_=postgresql.ARRAY(kind))) for name, kind in columns.items()]
    return func.unnest(*lists).table_valued(*typed, with_ordinality="number", name="asked").render_derived()


def _unseen(given: BindParameter[Any]) -> ScalarSelect[Any]:
    """Hides from the planner how long the list is. Otherwise a plan for the lists at hand always seems better to
    PostgreSQL than one for any, and it plans anew at each execution, for longer than the rows take."""
    return select(given).scalar_subquery()


@dataclass(frozen=True)
class Rows:
    """Rows of a plain insert; `values` are in the order of `columns`, as the driver takes them."""

    table: Table
    columns: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class SqlFragment:
    """One statement of a `write`, with positional parameters. Later fragments of the same write can read what a
    fragment with a `name` returns. `rows` is the same as data, where it does nothing but insert them."""

    sql: str
    params: tuple[Any, ...]
    name: str = ""
    rows: Rows | None = None


def insert(table: Table, values: dict[str, Any]) -> SqlFragment:
    """Returns the insert of one row; `values` maps column names to values."""
    return _fragment(table, values, (), None)


def insert_many(table: Table, rows: Sequence[dict[str, Any]]) -> SqlFragment:
    """Returns the insert of several rows with the same columns. Identity columns are assigned in the order of
    `rows`."""
    parts = [insert(table, row) for row in rows]
    head, values = parts[0].sql.split(" VALUES ", 1)
    params = tuple(v for part in parts for v in part.params)
    together = Rows(table, parts[0].rows.columns, tuple(part.params for part in parts)) if parts[0].rows else None
    return SqlFragment(f"{head} VALUES {', '.join([values] * len(parts))}", params, rows=together)


def upsert(table: Table, key: Sequence[str], values: dict[str, Any], newer: str | None = None) -> SqlFragment:
    """Returns the insert of one row that overwrites the row with the same `key` columns. With `newer`, an existing row
    whose value in that column is greater stays."""
    return _fragment(table, values, tuple(key), newer)


def upsert_many(table: Table, key: Sequence[str], rows: Sequence[dict[str, Any]], newer: str) -> SqlFragment:
    """As `upsert`, for several rows with the same columns and different keys."""
    parts = [upsert(table, key, row, newer) for row in rows]
    head, rest = parts[0].sql.split(" VALUES ", 1)
    values, conflict = rest.split(" ON CONFLICT ", 1)
    sql = f"{head} VALUES {', '.join([values] * len(parts))} ON CONFLICT {conflict}"
    return SqlFragment(sql, tuple(v for part in parts for v in part.params))


async def write(connection: psycopg.AsyncConnection, fragments: Sequence[SqlFragment]) -> None:
    """Runs the fragments as one statement. Raises psycopg errors; then none of them has an effect."""
    sql, params = concatenate(fragments)
    await connection.execute(sql, params)  # type: ignore[arg-type]


def concatenate(fragments: Sequence[SqlFragment]) -> tuple[str, tuple[Any, ...]]:
    """Returns one statement and its parameters; all fragments but the last become data-modifying CTEs."""
    *first, last = fragments
    ctes = ", ".join(f"{one.name or f'w{number}'} AS ({one.sql})" for number, one in enumerate(first))
    params = tuple(value for fragment in fragments for value in fragment.params)
    return (f"WITH {ctes} {last.sql}" if ctes else last.sql), params


def _fragment(table: Table, values: dict[str, Any], key: tuple[str, ...], newer: str | None) -> SqlFragment:
    sql, order, processors = _compiled(table, tuple(values), key, newer)
    given = values | {name: process(values[name]) for name, process in processors}
    params = tuple(map(given.__getitem__, order))
    return SqlFragment(sql, params, rows=None if key or _has_lists(table) else Rows(table, order, (params,)))


@cache
def _has_lists(table: Table) -> bool:
    """Whether a column holds arrays, which an array of values would flatten."""
    return any(isinstance(one.type, ARRAY) for one in table.columns)


@cache
def _compiled(table: Table, columns: tuple[str, ...], key: tuple[str, ...], newer: str | None):
    statement = postgresql.insert(table).inline().values({name: bindparam(name) for name in columns})
    if key:
        changed = {name: statement.excluded[name] for name in columns if name not in key}
        guard = statement.excluded[newer] >= table.c[newer] if newer else None
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=guard)
    compiled = statement.compile(dialect=_POSITIONAL)
    order = tuple(compiled.positiontup or ())
    processors = ((name, table.c[name].type.dialect_impl(_POSITIONAL).bind_processor(_POSITIONAL)) for name in order)
    return str(compiled), order, tuple((name, process) for name, process in processors if process)
