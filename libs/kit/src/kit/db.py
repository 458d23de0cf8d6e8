"""PostgreSQL for one room: a pool of bare psycopg connections for hot paths, SQLAlchemy sessions for everything else.

Measured on the reference machine: one statement through a bare connection costs 70-100 µs, through an AsyncSession
400-1,300 µs. Statements are written with SQLAlchemy in both cases (see `kit.statements`).
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

from kit.commits import TRANSIENT, Commits
from kit.ending import Limit
from kit.errors import Unavailable

set_json_dumps(orjson.dumps)
set_json_loads(orjson.loads)

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
__all__ = ["ALIVE", "NAMING", "TRANSIENT", "Database", "new_metadata", "plain_url"]
SESSION = "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=15s"
ALIVE: dict[str, Any] = {
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000,
    "connect_timeout": 5,
}  # fmt: skip
"""A server that lost its power says nothing: after 25 s, or 15 s while we tell it something, the line is broken."""
ACQUIRE_TIMEOUT = 2.0
PING_LIMIT = 3.0


def new_metadata() -> MetaData:
    """For the `Base` of a room; names of constraints are the same everywhere, so that migrations can name them."""
    return MetaData(naming_convention=NAMING)


def plain_url(url: str) -> str:
    """`postgresql://…` as libpq reads it, whatever scheme the setting used."""
    return "postgresql://" + url.split("://", 1)[1]


class Database:
    """Opened once per process. `raw()` borrows a bare autocommit connection, `session()` an ORM session,
    `commits` writes single statements."""

    def __init__(self, url: str, pool_min: int = 2, pool_max: int = 16, timeout: float = ACQUIRE_TIMEOUT) -> None:
        self.url = plain_url(url)
        kwargs = {"autocommit": True, "prepare_threshold": 2, "options": SESSION, **ALIVE}
        self.pool = AsyncConnectionPool(
            self.url, min_size=pool_min, max_size=pool_max, timeout=timeout, kwargs=kwargs, open=False
        )
        self._drained = 0.0
        self.commits = Commits(self.raw)
        self.engine = _engine(self.url, pool_max, timeout)
        self.session = async_sessionmaker(self.engine, expire_on_commit=False, class_=AsyncSession)

    async def open(self) -> None:
        await self.pool.open()

    async def close(self) -> None:
        await self.pool.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[psycopg.AsyncConnection]:
        """Unavailable when the pool stays exhausted. A connection that broke takes the others of its time with it:
        after a restart of the server one caller sees an error, not one for each that the pool still holds. They are
        not asked how they are: some may never answer."""
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
        try:
            async with Limit(PING_LIMIT), self.raw() as connection:
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
        connect_args={"options": SESSION, "prepare_threshold": 2, **ALIVE},
    )
