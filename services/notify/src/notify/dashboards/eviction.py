"""Makes room after a write: evicts dashboards, then versions and what lies in the trash.

One process at a time evicts; who finds the store below its threshold takes no lock. The check runs after the commit of
the write, so of two writers the later one sees the bytes of both.
"""

import logging
from collections.abc import Sequence
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Select, and_, case, func, select, text, tuple_, update

from contracts.notify.dashboards import DashboardEvicted
from kit.messaging.tx import Tx
from notify.dashboards import trash
from notify.dashboards.domain import Candidate, Capacity, walk
from notify.dashboards.settings import DashboardSettings
from notify.dashboards.tables import DashboardRow

log = logging.getLogger("notify.dashboards")
LOCK = "notify dashboards eviction"
BATCH = 500
EVICTED = Counter("fairway_dashboards_evicted_total", "Dashboards evicted to make room")
ABOVE_TARGET = Counter("fairway_dashboards_above_target_total", "Evictions that found too little to evict")
ALIVE = DashboardRow.deleted_at.is_(None)
EVICTABLE = and_(ALIVE, DashboardRow.whitelisted.is_(False))
COLUMNS = (DashboardRow.id, DashboardRow.size_bytes, DashboardRow.last_access, DashboardRow.owner_id)
OLDEST: Any = select(*COLUMNS).where(EVICTABLE).order_by(DashboardRow.last_access, DashboardRow.id).limit(BATCH)


async def make_room(command: object, tx: Tx, settings: DashboardSettings) -> None:
    """Runs after every create and update of a dashboard, in a transaction of its own."""
    capacity = Capacity(settings.dashboard_max_total, settings.dashboard_threshold, settings.dashboard_target)
    stored, kept = await totals(tx)
    if not capacity.is_reached(stored) and not (kept and capacity.overrun(stored + kept)):
        return
    await lock(tx)
    stored, _ = await totals(tx)
    if capacity.is_reached(stored):
        await _evict(tx, settings, capacity, stored)
    await trash.trim(tx, capacity.overrun(sum(await totals(tx))))


async def lock(tx: Tx) -> None:
    """Waits until nobody else evicts or imports. The end of the transaction gives the lock back."""
    await tx.session.execute(text("set local lock_timeout = '4s'"))
    await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(LOCK, 0))))


async def totals(tx: Tx) -> tuple[int, int]:
    """Returns the bytes of dashboards, and those of versions and of the trash."""
    stored = func.coalesce(func.sum(DashboardRow.size_bytes).filter(ALIVE), 0)
    in_trash = case((ALIVE, 0), else_=DashboardRow.size_bytes)
    row = (
        await tx.session.execute(select(stored, func.coalesce(func.sum(DashboardRow.history_bytes + in_trash), 0)))
    ).one()
    return int(row[0]), int(row[1])


async def _evict(tx: Tx, settings: DashboardSettings, capacity: Capacity, total: int) -> None:
    if settings.dashboard_owner_part:
        total = await _evict_from_owners(
            tx, int(settings.dashboard_max_total * settings.dashboard_owner_part), capacity, total
        )
    while total > capacity.target_bytes:
        candidates = await _candidates(tx, OLDEST)
        if not candidates:
            ABOVE_TARGET.inc()
            log.warning("dashboards.above_target", extra={"fields": {"total": total, "target": capacity.target_bytes}})
            break
        total = await _move(tx, walk(candidates, total, capacity.target_bytes), total)


async def _evict_from_owners(tx: Tx, part: int, capacity: Capacity, total: int) -> int:
    """Takes from owners that have more than `part` bytes. Returns the bytes that are left in all."""
    while total > capacity.target_bytes:
        excess = await _excess(tx, part)
        candidates = await _candidates(tx, OLDEST.where(DashboardRow.owner_id.in_(excess)))
        chosen = walk(candidates, total, capacity.target_bytes, excess)
        if not chosen:
            break
        total = await _move(tx, chosen, total)
    return total


async def _excess(tx: Tx, part: int) -> dict[int | None, int]:
    """Returns owner → bytes above their part."""
    size = func.sum(DashboardRow.size_bytes)
    owned = select(DashboardRow.owner_id, size).where(ALIVE, DashboardRow.owner_id.is_not(None))
    rows = await tx.session.execute(owned.group_by(DashboardRow.owner_id).having(size > part))
    return {owner: int(total) - part for owner, total in rows}


async def _candidates(tx: Tx, statement: Select[Any]) -> list[Candidate]:
    return [Candidate(*row) for row in await tx.session.execute(statement)]


async def _move(tx: Tx, chosen: Sequence[Candidate], total: int) -> int:
    """Moves dashboards to the trash, unless they were read or whitelisted since they were selected. Returns the bytes
    that are left in all."""
    unchanged = tuple_(DashboardRow.id, DashboardRow.last_access).in_([(one.id, one.last_access) for one in chosen])
    moved = (
        update(DashboardRow).where(EVICTABLE, unchanged).values(deleted_at=func.clock_timestamp(), deletion="evicted")
    )
    result = await tx.session.execute(
        moved.returning(DashboardRow.id), execution_options={"synchronize_session": False}
    )
    gone = set(result.scalars())
    for one in (one for one in chosen if one.id in gone):
        total -= one.size_bytes
        fields = {"id": one.id, "freed_bytes": one.size_bytes, "total": total}
        log.info("dashboard.evicted", extra={"fields": fields})
        tx.emit(DashboardEvicted(dashboard_id=one.id, freed_bytes=one.size_bytes, total=total))
    EVICTED.inc(len(gone))
    return total
