"""PostgreSQL of one service: a pool of bare psycopg connections for hot paths, SQLAlchemy sessions for everything else.

Measured on the reference machine: one statement through a bare connection costs 70-100 µs, through an AsyncSession
400-1,300 µs. Statements are written with SQLAlchemy in both cases (see `kit.db.sql`).
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import psycopg
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from kit.db.group_commit import TRANSIENT, GroupCommitter
from kit.errors import Unavailable
from kit.process.tasks import PersistentTimeout

set_json_dumps(orjson.dumps)
set_json_loads(orjson.loads)

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
__all__ = ["KEEPALIVE", "NAMING", "TRANSIENT", "Database", "new_metadata", "plain_url"]
SESSION = "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=15s"
KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000,
    "connect_timeout": 5,
}  # fmt: skip
"""Connection parameters that detect a dead server: after 25 s, or after 15 s while the client is sending."""
ACQUIRE_TIMEOUT = 2.0
RECONNECT = 2.0
"""Seconds for which one connection is tried again, each pause twice as long as the one before; the next request then
starts anew. With the library's 300 s, a database that was away for minutes would stay unreachable for minutes more."""
PING_LIMIT = 3.0


def new_metadata() -> MetaData:
    """Returns metadata for the `Base` of a service. Constraints get the same kind of name everywhere, so that
    migrations can name them."""
    return MetaData(naming_convention=NAMING)


def plain_url(url: str) -> str:
    """Returns `url` as `postgresql://…`, the scheme that libpq reads, whatever scheme the setting used."""
    return "postgresql://" + url.split("://", 1)[1]


class Database:
    """Opened once per process. `raw()` borrows a bare autocommit connection, `session()` opens an ORM session,
    `commits` writes single statements.

    `pool_min` and `pool_max` are numbers of connections, `timeout` is the seconds to wait for a free one.
    """

    def __init__(self, url: str, pool_min: int = 2, pool_max: int = 16, timeout: float = ACQUIRE_TIMEOUT) -> None:
        self.url = plain_url(url)
        kwargs = {"autocommit": True, "prepare_threshold": 2, "options": SESSION, **KEEPALIVE}
        self.pool = AsyncConnectionPool(
            self.url, min_size=pool_min, max_size=pool_max, timeout=timeout, reconnect_timeout=RECONNECT, kwargs=kwargs,
            open=False,
        )  # fmt: skip
        self._drained = 0.0
        self.commits = GroupCommitter(self.raw)
        self.engine = _engine(self.url, pool_max, timeout)
        self.session = async_sessionmaker(self.engine, expire_on_commit=False, class_=AsyncSession)

    async def open(self) -> None:
        """Opens the pool. It returns before the database is reachable."""
        await self.pool.open()

    async def close(self) -> None:
        """Closes all connections."""
        await self.pool.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[psycopg.AsyncConnection]:
        """Yields a bare autocommit connection. Raises Unavailable when no connection is free within the pool's timeout.

        When the connection breaks, all idle connections are dropped with it: after a restart of the server one caller
        sees an error instead of one caller for each pooled connection. They are not tested first, since some may never
        answer.
        """
        try:
            async with self.pool.connection() as connection:
                borrowed = time.monotonic()
                try:
                    yield connection
                finally:
                    if connection.closed and borrowed > self._drained:
                        self._drained = time.monotonic()
                        await self.pool.drain()
        except PoolTimeout as error:
            raise Unavailable("database_busy", "The database is busy, try again.") from error

    async def ping(self) -> bool:
        """Returns whether the database answers within `PING_LIMIT` seconds; never raises for a database that is
        away."""
        try:
            async with PersistentTimeout(PING_LIMIT), self.raw() as connection:
                await connection.execute("select 1")
        except (psycopg.Error, Unavailable, TimeoutError):
            return False
        return True


def _engine(url: str, pool_max: int, timeout: float) -> AsyncEngine:
    return create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_max // 2,
        max_overflow=pool_max // 2,
        pool_timeout=timeout,
        pool_pre_ping=False,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"options": SESSION, "prepare_threshold": 2, **KEEPALIVE},
    )
