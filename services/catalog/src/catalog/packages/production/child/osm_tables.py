"""Rows of a PostGIS database near an area: the port `extracts.processors.Tables`."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from extracts.errors import SourceNotAvailable
from extracts.outline import Box
from extracts.processors import TableRows

ROWS = 1000
"""Rows that are fetched from the cursor at a time."""
OPTIONS = "-c default_transaction_read_only=on -c statement_timeout=3600000 -c lock_timeout=10000"
_NEAR = sql.SQL("exists (select from unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[]) as b (w, s, e, n)"
                " where geom && st_makeenvelope(b.w, b.s, b.e, b.n, 4326))")  # fmt: skip
_COUNT = sql.SQL("select count(*) from {table} where {near}")
_ROWS = sql.SQL(
    "select st_asbinary(geom), properties from {table} where {near} order by st_asbinary(geom), properties::text"
)


class OsmTables:
    """Tables `geom, properties` of the database at a connection string; read only, by a cursor on the server."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __call__(self, table: str, boxes: list[Box]) -> TableRows:
        """SourceNotAvailable while the database does not answer or lacks the table."""
        parts = {"table": sql.Identifier(table), "near": _NEAR}
        corners = [list(one) for one in zip(*boxes, strict=True)]
        try:
            with self._connected() as connection:
                found = connection.execute(_COUNT.format(**parts), corners).fetchone()
        except psycopg.Error as error:
            raise _away(table, error) from error
        return TableRows(self._rows(table, _ROWS.format(**parts), corners), found[0] if found else None)

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.address, options=OPTIONS, connect_timeout=5)

    def _rows(self, table: str, query: sql.Composed, corners: list[list[float]]) -> Iterator[tuple[bytes, Any]]:
        try:
            with self._connected() as connection, connection.cursor("package_rows") as cursor:
                cursor.itersize = ROWS
                cursor.execute(query, corners)
                for wkb, properties in cursor:
                    yield wkb, properties or {}
        except psycopg.Error as error:
            raise _away(table, error) from error


def _away(table: str, error: psycopg.Error) -> SourceNotAvailable:
    return SourceNotAvailable("source_unreachable", f"The table {table} cannot be read: {type(error).__name__}.")
