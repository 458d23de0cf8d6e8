"""How many runs have not ended, as a metric."""

from collections.abc import Mapping
from typing import get_args

from prometheus_client import Gauge
from sqlalchemy import func, select

from contracts.shared import RunStatus
from kit.db.database import Database
from kit.db.sql import CompiledQuery
from kit.telemetry.metrics import LATEST
from runs.tables import Condition, RunColumns

RUNS = Gauge(
    "fairway_runs", "Trainings or predictions that have not ended", ["status"], multiprocess_mode=LATEST
)  # fmt: skip
OVER = frozenset({"failed", "cached", "retried", "stopped"})
"""Final states that are not counted. A completed prediction may still have results to write."""


class RunCounts:
    """Numbers of unfinished runs by status, for the gauge."""

    def __init__(self, table: type[RunColumns], unfinished: Condition) -> None:
        counts = select(table.status, func.count().label("count")).where(unfinished)
        self._query = CompiledQuery(counts.group_by(table.status))

    async def publish(self, db: Database) -> None:
        async with db.raw() as connection:
            rows = await self._query.rows(connection)
        _set_gauge({row["status"]: row["count"] for row in rows})


def _set_gauge(counts: Mapping[str, int]) -> None:
    """`counts` leaves out statuses without runs."""
    for status in get_args(RunStatus):
        if status not in OVER:
            RUNS.labels(status).set(counts.get(status, 0))
