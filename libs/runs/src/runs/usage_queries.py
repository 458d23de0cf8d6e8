"""Sums of a ledger."""

from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from contracts.usage import MAX_ENTRIES, UsageEntry, UsageLimits, UsageQuery, UsageReport
from kit.errors import Forbidden
from kit.messaging.tx import ReadTx
from runs.tables import UsageColumns


async def usage_report(query: UsageQuery, table: type[UsageColumns], limits: UsageLimits, read: ReadTx) -> UsageReport:
    """Raises Forbidden where the usage of others is asked for by somebody who is no administrator."""
    statement = _sums(table, query.per_run)
    if not query.everyone:
        statement = statement.where(table.user_id == _user(query, read))
    elif not read.actor.is_admin:
        raise Forbidden("not_an_admin", "Only administrators may see the usage of everyone.")
    if query.month:
        statement = statement.where(table.month == date.fromisoformat(f"{query.month}-01"))
    rows = (await read.session.execute(statement)).mappings()
    return UsageReport(entries=[_entry(dict(row)) for row in rows], limits=limits)


def _user(query: UsageQuery, read: ReadTx) -> int:
    if query.user_id is None:
        return read.actor.id
    if not read.actor.owns(query.user_id):
        raise Forbidden("not_your_usage", "Only administrators may see the usage of another user.")
    return query.user_id


def _sums(table: type[UsageColumns], per_run: bool) -> Select[*tuple[Any, ...]]:
    """The latest first."""
    keys: list[Any] = [table.month, table.user_id, *([table.row_id] if per_run else [])]
    return (
        select(
            *keys, func.count(table.row_id.distinct()).label("runs"), func.sum(table.cpu_seconds).label("cpu_seconds"),
            func.sum(table.gpu_seconds).label("gpu_seconds"), func.max(table.peak_memory).label("peak_memory"),
            func.sum(table.stored_bytes).label("stored_bytes"),
        ).group_by(*keys).order_by(*(key.desc() for key in keys)).limit(MAX_ENTRIES)
    )  # fmt: skip


def _entry(row: dict[str, Any]) -> UsageEntry:
    month = row.pop("month").strftime("%Y-%m")
    return UsageEntry(**row, month=month, run=row.pop("row_id", None))
