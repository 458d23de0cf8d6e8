"""Any change of the public catalogue, ours or a third party's, becomes one event.

A trigger in pgstac's database writes a row for each change; this loop drains them. A change counts as told when our own
transaction holds both its id and its event, so a crash between the two databases tells nothing twice.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PgUuid

from catalog.stac.tables import StacChange
from contracts.catalog.stac import StacItemDeleted, StacItemWritten
from kit.db import ALIVE, plain_url
from kit.errors import DomainError
from kit.statements import Prepared

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("catalog.stac.pgstac")
LOCK = 0x57AC
WINDOW = 500
CHUNK = 100
SWEEP = 15.0
NAME = "fairway-catalog-stac"
WATCHED = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""The server looks after us as we after it: a replica that lost its power must not keep the lock for two hours."""
_DUE = """
    select id, txid::text as txid, collection, item_id, written from public.fairway_item_changes
    where txid in (select txid from public.fairway_item_changes order by n limit %s) order by n
"""
_IDS = bindparam("ids", type_=ARRAY(PgUuid))
_TOLD = Prepared(select(StacChange.id).where(StacChange.id == _IDS.any_()))
_FORGET = Prepared(delete(StacChange).where(StacChange.id == _IDS.any_()).returning(StacChange.id))


@dataclass(frozen=True)
class Change:
    """What one transaction did to one item; PUT is a delete and an insert, hence written."""

    collection: str
    item_id: str
    written: bool
    rows: tuple[UUID, ...]

    @property
    def id(self) -> UUID:
        return self.rows[-1]

    def event(self) -> StacItemWritten | StacItemDeleted:
        kind = StacItemWritten if self.written else StacItemDeleted
        return kind(collection=self.collection, item_id=self.item_id)


def following(url: str):
    """A loop of the service. Survives restarts of either database; one replica at a time does the work."""

    async def follow(service: "Service") -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    plain_url(url), autocommit=True, application_name=NAME, options=WATCHED, **ALIVE
                ) as connection:
                    await _lead(connection)
                    await install(connection)
                    await connection.execute("listen fairway_stac")
                    await _follow(connection, service)
            except (psycopg.Error, OSError, DomainError) as error:
                log.warning("pgstac.interrupted", extra={"facts": {"reason": repr(error)}})
                await asyncio.sleep(1)

    return follow


async def install(connection: psycopg.AsyncConnection) -> None:
    """Table and triggers; idempotent. UndefinedTable while pgstac is not migrated."""
    await connection.execute(files("catalog.stac").joinpath("pgstac.sql").read_bytes())


async def _lead(connection: psycopg.AsyncConnection) -> None:
    while True:
        row = await (await connection.execute("select pg_try_advisory_lock(%s)", (LOCK,))).fetchone()
        if row and row[0]:
            return
        await asyncio.sleep(SWEEP / 3)


async def _follow(connection: psycopg.AsyncConnection, service: "Service") -> None:
    while True:
        while changes := await _due(connection):
            for start in range(0, len(changes), CHUNK):
                await _tell(connection, service, changes[start : start + CHUNK])
        async for _ in connection.notifies(timeout=SWEEP, stop_after=1):
            pass


async def _due(connection: psycopg.AsyncConnection) -> list[Change]:
    """Whole transactions only, oldest first."""
    async with connection.cursor(row_factory=namedtuple_row) as cursor:
        rows = await (await cursor.execute(_DUE, (WINDOW,))).fetchall()
    changes: dict[tuple[str, str, str], Change] = {}
    for row in rows:
        key = (row.txid, row.collection, row.item_id)
        before = changes[key].rows if key in changes else ()
        changes[key] = Change(row.collection, row.item_id, row.written, (*before, row.id))
    return list(changes.values())


async def _tell(connection: psycopg.AsyncConnection, service: "Service", changes: Sequence[Change]) -> None:
    ids = [change.id for change in changes]
    async with service.db.raw() as ours:
        told = {row["id"] for row in await _TOLD.rows(ours, ids=ids)}
    async with service.tx() as tx:
        for change in changes:
            if change.id not in told:
                tx.insert(StacChange, id=change.id)
                tx.emit(change.event())
    done = [row for change in changes for row in change.rows]
    await connection.execute("delete from public.fairway_item_changes where id = any(%s)", (done,))
    async with service.db.raw() as ours:
        await _FORGET.rows(ours, ids=ids)
