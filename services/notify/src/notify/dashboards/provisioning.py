"""Dashboards as files of the deployment: read on a schedule, stored read-only, and gone when their file is.

A file has the members `dashboard`, and `title` and `tags` where it wants; its name without `.json` is the id.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.orm import defer

from contracts.notify.dashboards import DashboardUpdated
from kit.app import Service
from kit.messaging.tx import Tx
from notify.dashboards import versions
from notify.dashboards.domain import compact, etag_of
from notify.dashboards.schema_file import DashboardSchema
from notify.dashboards.settings import DashboardSettings
from notify.dashboards.tables import DashboardRow

log = logging.getLogger("notify.dashboards")
LOCK = "notify dashboards provisioning"
AUTHOR = "provisioning"
PROBLEMS = Gauge("fairway_dashboards_provisioning_problems", "Files of dashboards that cannot be shown")


@dataclass(frozen=True)
class Shipped:
    """A dashboard as its file has it."""

    id: str
    file: str
    title: str
    tags: list[str]
    content: str


def read_folder(folder: Path, schema: DashboardSchema, limit: int) -> tuple[list[Shipped], dict[str, str]]:
    """Returns the dashboards of a folder, and file → what is wrong with it. Raises OSError for a missing folder."""
    found, problems = list[Shipped](), dict[str, str]()
    for path in sorted(folder.iterdir()):
        if path.suffix != ".json" or not path.is_file():
            continue
        try:
            found.append(_shipped(path, schema, limit))
        except (OSError, ValueError) as error:
            problems[path.name] = str(error)
    return found, problems


def _shipped(path: Path, schema: DashboardSchema, limit: int) -> Shipped:
    value = orjson.loads(path.read_bytes())
    if not isinstance(value, dict):
        raise ValueError("is no object")
    dto = {"dashboard": value.get("dashboard")}
    if wrong := next(schema.errors(dto), None):
        raise ValueError(f"does not match the schema at {wrong.pointer or '/'}: {wrong.message}")
    content, title, tags = compact(dto), value.get("title", ""), value.get("tags", [])
    if len(content.encode()) > limit:
        raise ValueError(f"has more than {limit} bytes")
    if not isinstance(title, str) or not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("has a title that is no text, or tags that are no list of texts")
    return Shipped(path.stem[:128], path.name, title, tags, content)


async def provision_forever(service: Service, settings: DashboardSettings, schema: DashboardSchema) -> None:
    """Ends at once, for good, where no folder is set."""
    while settings.dashboard_provisioning_path is not None:
        try:
            await provision(service, settings, schema, Path(settings.dashboard_provisioning_path))
        except Exception as error:  # the next look may succeed
            log.warning("dashboards.not_provisioned", exc_info=error)
        await asyncio.sleep(settings.dashboard_provisioning_interval)
    await asyncio.Event().wait()


async def provision(service: Service, settings: DashboardSettings, schema: DashboardSchema, folder: Path) -> None:
    """Brings the store to what the folder has. One process at a time does so."""
    shipped, problems = await asyncio.to_thread(read_folder, folder, schema, settings.dashboard_max_single)
    async with service.tx() as tx:
        await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(LOCK, 0))))
        for one in shipped:
            if problem := await _apply(tx, one):
                problems[one.file] = problem
        await _remove(tx, {one.id: one for one in shipped}, problems)
    PROBLEMS.set(len(problems))
    for file, problem in problems.items():
        log.warning("dashboard.not_provisioned", extra={"fields": {"file": file, "problem": problem}})


async def _apply(tx: Tx, shipped: Shipped) -> str:
    """Returns why it cannot be stored, else an empty text. What is stored already is not written again."""
    mine = select(DashboardRow).options(defer(DashboardRow.body)).where(DashboardRow.id == shipped.id)
    row = await tx.session.scalar(mine.with_for_update())
    if row is None:
        row = DashboardRow(id=shipped.id, version=0, history_bytes=0, everyone="view", listed=True, whitelisted=True)
        row.body = ""
        tx.session.add(row)
    elif row.provisioned is None and row.deleted_at is None:
        return f"somebody has stored another dashboard as {shipped.id}"
    elif row.deleted_at is None and row.etag == etag_of(row.version, shipped.content):
        row.title, row.tags, row.provisioned = shipped.title, shipped.tags, shipped.file
        return ""
    else:
        await versions.keep(tx, row)
    _write(row, shipped)
    await tx.session.flush()
    tx.emit(DashboardUpdated(dashboard_id=row.id, action="provisioned", etag=row.etag, version=row.version))
    return ""


def _write(row: DashboardRow, shipped: Shipped) -> None:
    row.version += 1
    row.body, row.size_bytes = shipped.content, len(shipped.content.encode())
    row.etag = etag_of(row.version, shipped.content)
    row.title, row.tags, row.provisioned = shipped.title, shipped.tags, shipped.file
    row.author, row.author_id, row.message, row.restored_from = AUTHOR, None, shipped.file, None
    row.deleted_at, row.deletion, row.whitelisted, row.listed, row.everyone = None, "", True, True, "view"
    row.updated_at = row.last_access = func.clock_timestamp()  # type: ignore[assignment]


async def _remove(tx: Tx, shipped: Mapping[str, Shipped], problems: Mapping[str, str]) -> None:
    """Moves to the trash what has no file any more. A file that cannot be read keeps what it gave before."""
    stored = select(DashboardRow).options(defer(DashboardRow.body))
    stored = stored.where(DashboardRow.provisioned.is_not(None), DashboardRow.deleted_at.is_(None))
    for row in _gone(await tx.session.scalars(stored.with_for_update()), shipped, problems):
        row.deleted_at, row.deletion, row.provisioned = func.clock_timestamp(), "deleted", None  # type: ignore[assignment]
        tx.emit(DashboardUpdated(dashboard_id=row.id, action="deleted", etag=row.etag, version=row.version))


def _gone(rows: Any, shipped: Mapping[str, Shipped], problems: Mapping[str, str]) -> Iterator[DashboardRow]:
    return (row for row in rows if row.id not in shipped and row.provisioned not in problems)
