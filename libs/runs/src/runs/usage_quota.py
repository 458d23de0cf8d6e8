"""How much the runs of one person may use within a month."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import bindparam, func, select

from contracts.usage import UsageLimits
from kit.db.sql import CompiledQuery
from kit.errors import RateLimited
from kit.messaging.tx import Tx
from runs.tables import UsageColumns
from runs.usage_records import this_month

UNITS = {"cpu_seconds": "processor seconds", "gpu_seconds": "GPU seconds", "stored_bytes": "stored bytes"}


class MonthlyUsage:
    """`kind` is what people call a run whose costs are in `table`."""

    def __init__(self, kind: str, table: type[UsageColumns]) -> None:
        self.kind = kind
        sums = (func.coalesce(func.sum(getattr(table, name)), 0).label(name) for name in UNITS)
        mine = (table.user_id == bindparam("user_id"), table.month == bindparam("month"))
        self._sums = CompiledQuery(select(*sums).where(*mine))

    def ensure_below(self, limits: UsageLimits, user_id: int, tx: Tx) -> None:
        """Makes the commit raise RateLimited when that person has used up what a month allows. Runs that have not ended
        count with what they have used until now."""
        allowed = {name: most for name in UNITS if (most := getattr(limits, name)) is not None}
        if not allowed:
            return

        async def check(connection: psycopg.AsyncConnection) -> None:
            used = (await self._sums.rows(connection, user_id=user_id, month=this_month()))[0]
            for name, most in allowed.items():
                if used[name] >= most:
                    raise self._refusal(name, used[name], most)

        tx.check(check)

    def _refusal(self, name: str, used: Any, most: float) -> RateLimited:
        now = datetime.now(UTC)
        until = _next_month(now)
        words = (
            f"Your {self.kind}s have used {used:,.0f} of the {most:,.0f} {UNITS[name]} that one person may use in a "
            f"month. The next month begins on {until:%Y-%m-%d} (UTC); the operators of this server can raise the limit."
        )
        return RateLimited(
            "usage_limit", words, limit=most, used=float(used), of=name, retry_after=int((until - now).total_seconds())
        )


def _next_month(now: datetime) -> datetime:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
