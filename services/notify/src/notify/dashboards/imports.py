"""Imports: all records of a file, or none."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import psycopg
from sqlalchemy import text

from contracts.notify import dashboards as c
from kit.errors import Forbidden, Invalid, Unprocessable
from kit.messaging.tx import ReadTx, Tx
from notify.dashboards import eviction
from notify.dashboards.domain import ETAG_HEX, compact
from notify.dashboards.extended_json import BadRecord, ImportedRecord, record_of
from notify.dashboards.schema_file import DashboardSchema
from notify.dashboards.settings import DashboardSettings

TEMPORARY = """
create temporary table imported (id text collate "C", body text, size_bytes bigint, hash text,
    last_access timestamptz, whitelisted boolean, protected boolean) on commit drop"""
COPY = "copy imported (id, body, size_bytes, hash, last_access, whitelisted, protected) from stdin"
LOCK = """
select count(*) filter (where deleted_at is null) from (
    select d.deleted_at from dashboards.dashboard d join imported using (id) order by d.id for update of d) known"""
KEEP = f"""
insert into dashboards.version (dashboard_id, number, created_at, body, size_bytes, etag, author_id, author, message,
    restored_from)
select d.id, d.version, d.updated_at, d.body, d.size_bytes, d.etag, d.author_id, d.author, d.message, d.restored_from
from dashboards.dashboard d join imported using (id)
on conflict do nothing;
delete from dashboards.version v using dashboards.dashboard d, imported i
where d.id = i.id and v.dashboard_id = d.id and v.number <= d.version - {c.MAX_VERSIONS}"""
UPSERT = """
insert into dashboards.dashboard as d (id, body, size_bytes, etag, last_access, whitelisted, protected, message)
select id, body, size_bytes, '"1-' || hash || '"', last_access, whitelisted, protected, 'Imported'
from imported order by id
on conflict (id) do update set body = excluded.body, size_bytes = excluded.size_bytes, version = d.version + 1,
    etag = '"' || (d.version + 1) || substr(excluded.etag, 3), last_access = excluded.last_access,
    whitelisted = excluded.whitelisted, protected = excluded.protected, message = excluded.message,
    updated_at = clock_timestamp(), author_id = null, author = '', restored_from = null, provisioned = null,
    deleted_at = null, deletion = '', expires_at = null,
    history_bytes = (select coalesce(sum(size_bytes), 0) from dashboards.version where dashboard_id = d.id)"""


@dataclass(frozen=True)
class Prepared:
    """A record as it is stored."""

    record: ImportedRecord
    body: str
    size: int


async def import_all(
    command: c.ImportDashboards, read: ReadTx, settings: DashboardSettings, schema: DashboardSchema
) -> Callable[[Tx], Awaitable[c.ImportResult]]:
    """Checks all records without a transaction. Returns what stores them."""
    if not read.actor.is_admin:
        raise Forbidden("admin_required", "Only administrators may do this.")
    prepared = await asyncio.to_thread(lambda: list(_prepared(command.records, settings, schema)))

    async def store(tx: Tx) -> c.ImportResult:
        return await _store(prepared, tx)

    return store


def _prepared(records: list[str], settings: DashboardSettings, schema: DashboardSchema) -> Iterator[Prepared]:
    seen: set[str] = set()
    for position, record in enumerate(records):
        try:
            found = record_of(orjson.loads(record))
        except BadRecord as error:
            raise _refused(position, str(error)) from error
        if found.id in seen:
            raise _refused(position, f"has the `_id` {found.id!r} of another record")
        seen.add(found.id)
        if wrong := next(schema.errors(found.dashboard), None):
            raise _refused(position, f"({found.id}) does not match the schema at {wrong.pointer or '/'}")
        body = compact(found.dashboard)
        size = len(body.encode())
        if settings.validate_dashboard_size and size > settings.dashboard_max_single:
            text = (
                f"Record {position} ({found.id}) has {size} bytes, at most {settings.dashboard_max_single} are allowed."
            )
            raise Invalid("size", f"{text} Nothing was imported.", http=413)
        yield Prepared(found, body, size)


def _refused(position: int, problem: str) -> Unprocessable:
    return Unprocessable("record", f"Record {position} {problem}. Nothing was imported.")


async def _store(prepared: list[Prepared], tx: Tx) -> c.ImportResult:
    await tx.session.execute(text("set local statement_timeout = '30s'"))
    await eviction.lock(tx)
    connection = await tx.session.connection()
    await tx.session.execute(text(TEMPORARY))
    bare = cast("psycopg.AsyncConnection", (await connection.get_raw_connection()).driver_connection)
    async with bare.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in _rows(prepared):
            await copy.write_row(row)
    updated = int(await tx.session.scalar(text(LOCK)) or 0)
    for statement in (*KEEP.split(";"), UPSERT):
        await tx.session.execute(text(statement))
    return c.ImportResult(inserted=len(prepared) - updated, updated=updated)


def _rows(prepared: list[Prepared]) -> Iterator[tuple[Any, ...]]:
    now = datetime.now(UTC)
    for one in prepared:
        digest = hashlib.sha256(one.body.encode()).hexdigest()[:ETAG_HEX]
        record = one.record
        yield (record.id, one.body, one.size, digest, record.last_access or now, record.whitelisted, record.protected)
