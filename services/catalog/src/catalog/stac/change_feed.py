"""Publishes one event for each change of the public catalogue, also for changes by third parties.

A trigger in pgstac's database writes a row for each change; this loop reads and deletes them. One transaction of our
database writes the id of a change and its event, so a crash between the two databases publishes nothing twice.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PgUuid

from catalog.stac.tables import StacChange
from catalog.stac.vocabulary import EXTENSIONS
from contracts.catalog.stac import StacItemDeleted, StacItemWritten
from kit.db.database import KEEPALIVE, plain_url
from kit.db.sql import CompiledQuery
from kit.errors import DomainError

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("catalog.stac.pgstac")
LOCK = 0x57AC
WINDOW = 500
CHUNK = 100
SWEEP = 15.0
NAME = "fairway-catalog-stac"
WATCHED = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""TCP keepalives on the server: a replica that lost its power must not hold the lock for two hours."""
_DUE = """
    select id, txid::text as txid, collection, item_id, written from public.fairway_item_changes
    where txid in (select txid from public.fairway_item_changes order by n limit %s) order by n
"""
_EXTENT = """
    update pgstac.collections set content = jsonb_set(content, '{extent}', measured.extent)
    from (select pgstac.collection_extent(%(collection)s, true) as extent) measured
    where id = %(collection)s and measured.extent is not null and content -> 'extent' <> measured.extent
"""
_IDS = bindparam("ids", type_=ARRAY(PgUuid))
_PUBLISHED = CompiledQuery(select(StacChange.id).where(StacChange.id == _IDS.any_()))
_FORGET = CompiledQuery(delete(StacChange).where(StacChange.id == _IDS.any_()).returning(StacChange.id))


@dataclass(frozen=True)
class Change:
    """What one transaction did to one item; a PUT is a delete and an insert, which counts as written."""

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


def follow_changes(url: str):
    """Returns a loop of the service. It survives restarts of both databases; one replica at a time runs it."""

    async def follow(service: "Service") -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    plain_url(url), autocommit=True, application_name=NAME, options=WATCHED, **KEEPALIVE
                ) as connection:
                    await _lead(connection)
                    await install(connection)
                    await connection.execute("listen fairway_stac")
                    await _follow(connection, service)
            except (psycopg.Error, OSError, DomainError) as error:
                log.warning("pgstac.interrupted", extra={"fields": {"reason": repr(error)}})
                await asyncio.sleep(1)

    return follow


async def install(connection: psycopg.AsyncConnection) -> None:
    """Creates table and triggers; idempotent. Raises UndefinedTable while pgstac is not migrated."""
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
                await _publish(connection, service, changes[start : start + CHUNK])
        async for _ in connection.notifies(timeout=SWEEP, stop_after=1):
            pass


async def _measure(connection: psycopg.AsyncConnection, collections: list[str]) -> None:
    """Updates the extents of the collections. A collection without items keeps its extent."""
    for collection in collections:
        await connection.execute(_EXTENT, {"collection": collection})


async def _due(connection: psycopg.AsyncConnection) -> list[Change]:
    """Returns changes of whole transactions, oldest first."""
    rows = await (await connection.execute(_DUE, (WINDOW,))).fetchall()
    changes: dict[tuple[str, str, str], Change] = {}
    for row_id, txid, collection, item_id, written in rows:
        key = (txid, collection, item_id)
        before = changes[key].rows if key in changes else ()
        changes[key] = Change(collection, item_id, written, (*before, row_id))
    return list(changes.values())


async def _publish(connection: psycopg.AsyncConnection, service: "Service", changes: Sequence[Change]) -> None:
    ids = [change.id for change in changes]
    async with service.db.raw() as ours:
        published = {row["id"] for row in await _PUBLISHED.rows(ours, ids=ids)}
    async with service.tx() as tx:
        for change in changes:
            if change.id not in published:
                tx.insert(StacChange, id=change.id)
                tx.emit(change.event())
    await _measure(connection, sorted({change.collection for change in changes} & EXTENSIONS.keys()))
    done = [row for change in changes for row in change.rows]
    await connection.execute("delete from public.fairway_item_changes where id = any(%s)", (done,))
    async with service.db.raw() as ours:
        await _FORGET.rows(ours, ids=ids)
