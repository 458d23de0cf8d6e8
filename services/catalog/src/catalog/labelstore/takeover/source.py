"""The database of a LabelAPI, as its last revision left it. Names of columns are compared ignoring case, and what an
older revision does not have is null."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

ROWS_PER_FETCH = 5000
TABLES = ("user", "roles", "imageset", "image", "campaign", "campaign_image", "object")
COLUMNS = """select table_name, column_name, data_type from information_schema.columns
    where table_schema = %s and table_name = any(%s)"""


class NoReference(Exception):
    """Why the database is none of a LabelAPI, in words."""


@dataclass(frozen=True)
class Reference:
    """`columns` of each table by their name in lower case, with their types."""

    connection: psycopg.AsyncConnection
    schema: str
    columns: dict[str, dict[str, tuple[str, str]]]

    async def rows(self, table: str, wanted: Sequence[str]) -> AsyncIterator[tuple[Any, ...]]:
        """Yields `id` and the wanted columns, by id; times in UTC."""
        found = self.columns[table]
        chosen = sql.SQL(", ").join(_expression(found.get(name)) for name in ("id", *wanted))
        place = sql.Identifier(self.schema, table)
        query = sql.SQL("select {} from {} order by id").format(chosen, place)
        async with self.connection.cursor(f"read_{table}") as cursor:
            cursor.itersize = ROWS_PER_FETCH
            await cursor.execute(query)
            async for row in cursor:
                yield row


def _expression(column: tuple[str, str] | None) -> sql.Composable:
    if column is None:
        return sql.SQL("null")
    name, kind = sql.Identifier(column[0]), column[1]
    if kind == "timestamp without time zone":
        return sql.SQL("{} at time zone 'UTC'").format(name)
    return sql.SQL("{}::text").format(name) if kind == "USER-DEFINED" else name


async def opened(connection: psycopg.AsyncConnection, schema: str) -> Reference:
    """Raises NoReference unless all tables are there."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for table, column, kind in await (await connection.execute(COLUMNS, (schema, list(TABLES)))).fetchall():
        found.setdefault(table, {})[column.lower()] = column, kind
    missing = [table for table in TABLES if table not in found]
    if missing:
        raise NoReference(f"The schema {schema} has no table {missing[0]}; name the schema of the LabelAPI.")
    return Reference(connection, schema, found)
