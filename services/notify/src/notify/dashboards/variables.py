"""Variables of dashboards: placeholders in names of channels, the values that are offered, and contents with values."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import func, select, update

from contracts.notify import dashboard_sharing as c
from contracts.notify.channels import SearchChannels
from contracts.notify.dashboards import MAX_TEXT
from kit.db.sql import CompiledQuery
from kit.messaging.tx import ReadTx
from notify.channels.series import queries as series
from notify.dashboards.domain import compact
from notify.dashboards.placeholders import channels_of, pattern_of, placeholders, resolved, values_of
from notify.dashboards.refusals import not_found
from notify.dashboards.tables import DashboardRow
from notify.dashboards.visibility import visible_to

MAX_CHANNELS = 5000
"""Channels of one pattern whose names are looked at."""
COLUMNS = (DashboardRow.id, DashboardRow.title, DashboardRow.etag, DashboardRow.version, DashboardRow.body)


async def list_variables(dashboard_id: str, read: ReadTx) -> list[c.DashboardVariable]:
    """Values are in the order of names of channels, those of the first pattern first."""
    mine = select(DashboardRow.body).where(DashboardRow.id == dashboard_id, visible_to(read.actor))
    body = await read.session.scalar(mine)
    if body is None:
        raise not_found(dashboard_id)
    await read.close()
    names = [channel["name"] for channel in channels_of(await _parsed(body))]
    return [await _variable(name, used, read) for name, used in sorted(placeholders(names).items())]


async def _variable(name: str, used: Iterable[str], read: ReadTx) -> c.DashboardVariable:
    patterns = [pattern_of(one, name) for one in used]
    values: dict[str, None] = {}
    truncated = False
    for pattern in patterns:
        found = await series.search(SearchChannels(text=pattern, limit=MAX_CHANNELS), read)
        truncated |= found.truncated or found.position is not None
        values |= dict.fromkeys(values_of(pattern, (channel.name for channel in found.channels)))
    offered = list(values)[: c.MAX_VALUES]
    return c.DashboardVariable(
        name=name, patterns=patterns, values=offered, truncated=truncated or len(offered) < len(values)
    )


@dataclass(frozen=True)
class Resolved:
    """A dashboard whose placeholders have their values; `unresolved` are those that have none."""

    id: str
    title: str
    etag: str
    version: int
    dto: Any
    unresolved: list[str]


async def resolve(query: c.ResolveDashboard, read: ReadTx) -> c.ResolvedDashboard:
    """The first part counts as an access."""
    found = await resolved_dashboard(query.dashboard_id, query.values, read, is_access=not query.start)
    content = compact(found.dto)
    return c.ResolvedDashboard(
        id=found.id, etag=found.etag, version=found.version, characters=len(content),
        size_bytes=len(content.encode()), text=content[query.start : query.start + MAX_TEXT],
        unresolved=found.unresolved,
    )  # fmt: skip


async def resolved_dashboard(
    dashboard_id: str, values: Mapping[str, str], read: ReadTx, is_access: bool = True
) -> Resolved:  # fmt: skip
    """Raises NotFound."""
    mine = update(DashboardRow).where(DashboardRow.id == dashboard_id, visible_to(read.actor))
    at = func.clock_timestamp() if is_access else DashboardRow.last_access
    async with read.db.raw() as connection:
        rows = await CompiledQuery(mine.values(last_access=at).returning(*COLUMNS)).rows(connection)
    if not rows:
        raise not_found(dashboard_id)
    row = rows[0]
    dto = await _parsed(row["body"])
    unresolved = resolved(dto, values)
    return Resolved(row["id"], row["title"], row["etag"], row["version"], dto, unresolved)


async def _parsed(body: str) -> Any:
    return await asyncio.to_thread(orjson.loads, body)
