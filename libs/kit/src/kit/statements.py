"""SQLAlchemy statements compiled once and run on bare connections.

`Prepared` is a read with named parameters; `insertion` and `upsertion` turn a row into a fragment, and `write` runs any
number of fragments as one statement: one round trip, one commit, all or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import dict_row, tuple_row
from sqlalchemy import Executable, Table, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.psycopg import dialect

_POSITIONAL = dialect(paramstyle="format")
_NAMED = dialect(paramstyle="pyformat")


class Prepared:
    """A select written once, with `bindparam`s; `rows` and `row` run it on a bare connection."""

    def __init__(self, statement: Executable) -> None:
        self.sql = str(statement.compile(dialect=_NAMED)).encode()  # type: ignore[attr-defined]
        self.defaults = statement.compile(dialect=_NAMED).params  # type: ignore[attr-defined]

    async def rows(self, connection: psycopg.AsyncConnection, **params: Any) -> list[dict[str, Any]]:
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(self.sql, {**self.defaults, **params})
            return await cursor.fetchall()

    async def value(self, connection: psycopg.AsyncConnection, **params: Any) -> Any:
        """First column of the first row, None without a row."""
        async with connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(self.sql, {**self.defaults, **params})
            row = await cursor.fetchone()
        return row[0] if row else None


@dataclass(frozen=True)
class Fragment:
    """Positional parameters. Later fragments of the same write read what one with a `name` returns."""

    sql: str
    params: tuple[Any, ...]
    name: str = ""


def insertion(table: Table, values: dict[str, Any]) -> Fragment:
    return _fragment(table, values, (), None)


def insertions(table: Table, rows: Sequence[dict[str, Any]]) -> Fragment:
    """Several rows of the same columns; identities are given in this order."""
    parts = [insertion(table, row) for row in rows]
    head, values = parts[0].sql.split(" VALUES ", 1)
    return Fragment(
        f"{head} VALUES {', '.join([values] * len(parts))}", tuple(v for part in parts for v in part.params)
    )


def upsertion(table: Table, key: Sequence[str], values: dict[str, Any], newer: str | None = None) -> Fragment:
    """Insert or overwrite by `key`; with `newer` an existing row whose value of that column is greater stays."""
    return _fragment(table, values, tuple(key), newer)


async def write(connection: psycopg.AsyncConnection, fragments: Sequence[Fragment]) -> None:
    sql, params = combined(fragments)
    await connection.execute(sql, params)  # type: ignore[arg-type]


def combined(fragments: Sequence[Fragment]) -> tuple[str, tuple[Any, ...]]:
    """One statement: all but the last fragment become data-modifying CTEs."""
    *first, last = fragments
    ctes = ", ".join(f"{one.name or f'w{number}'} AS ({one.sql})" for number, one in enumerate(first))
    params = tuple(value for fragment in fragments for value in fragment.params)
    return (f"WITH {ctes} {last.sql}" if ctes else last.sql), params


def _fragment(table: Table, values: dict[str, Any], key: tuple[str, ...], newer: str | None) -> Fragment:
    sql, order, processors = _compiled(table, tuple(values), key, newer)
    return Fragment(
        sql,
        tuple(
            process(values[name]) if process else values[name] for name, process in zip(order, processors, strict=True)
        ),
    )


@cache
def _compiled(table: Table, columns: tuple[str, ...], key: tuple[str, ...], newer: str | None):
    statement = insert(table).inline().values({name: bindparam(name) for name in columns})
    if key:
        changed = {name: statement.excluded[name] for name in columns if name not in key}
        guard = statement.excluded[newer] >= table.c[newer] if newer else None
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=guard)
    compiled = statement.compile(dialect=_POSITIONAL)
    order = tuple(compiled.positiontup or ())
    processors = tuple(table.c[n].type.dialect_impl(_POSITIONAL).bind_processor(_POSITIONAL) for n in order)
    return str(compiled), order, processors
