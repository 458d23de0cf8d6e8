"""Prediction's runs keep the contract of all runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prediction_values import box
from sqlalchemy import insert

from contracts.prediction import GetRunLogs, GetRunState
from kit.testing import MAPPER
from prediction.runs.domain import ewkb, region_of
from prediction.runs.jobs.reconciler import COUNTS
from prediction.runs.quota import UNFINISHED
from prediction.runs.tables import PredictionRow
from prediction.runs.transitions import LEASE, PREDICTIONS
from runs.contract_tests import Adapters, PipelineQueriesContract, StoredRunsContract, TransitionsContract, tx

__all__ = ["tx"]
COLUMNS = {
    "user_id": MAPPER.id, "model_stac_id": "toy", "facts": {}, "image_uri": "https://tiles.example/{z}/{x}/{y}",
    "zoom": 19, "params": {}, "remove_osm": False, "description": "", "visibility": "private",
    "status": "initializing", "error": "", "attempt": 1, "first_attempt": 1, "graceful": False, "has_pmtiles": False,
    "results_ready": False,
}  # fmt: skip


@pytest.fixture
def adapters():
    def new_row(**columns: Any) -> PredictionRow:
        return PredictionRow(**{**COLUMNS, "id": 7, **columns})

    return Adapters(PREDICTIONS, LEASE, UNFINISHED, COUNTS, new_row, GetRunState, GetRunLogs)


@pytest.fixture
def insert_run(running):
    async def insert_run(**columns: Any) -> int:
        now = datetime.now(UTC)
        times = {"submitted_at": now, "touched_at": now, "due_at": now + timedelta(hours=1)}
        values = {**COLUMNS, **times, "geom": ewkb(region_of(box(0, 0, 1, 1))), **columns}
        async with running.db.session() as session:
            row_id = await session.scalar(insert(PredictionRow).values(values).returning(PredictionRow.id))
            await session.commit()
        return row_id

    return insert_run


class TestTransitions(TransitionsContract):
    pass


class TestStoredRuns(StoredRunsContract):
    pass


class TestPipelineQueries(PipelineQueriesContract):
    pass
