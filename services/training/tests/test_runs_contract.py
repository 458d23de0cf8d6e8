"""Training's runs keep the contract of all runs."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from contracts.training import GetRunLogs, GetRunState
from kit.testing import MAPPER
from runs.contract_tests import Adapters, PipelineQueriesContract, StoredRunsContract, TransitionsContract, tx
from training.runs.jobs.active_runs import COUNTS
from training.runs.quota import UNFINISHED
from training.runs.tables import ModelNameRow, TrainingRow
from training.runs.transitions import LEASE, TRAININGS

from .conftest import SUFFIX

__all__ = ["tx"]
COLUMNS = {
    "model_name": "roofs", "local_model": 1, "base_model_stac_id": "toy", "dataset": 11, "dataset_stac_id": "village-1",
    "overrides": {}, "hyperparameters": {}, "plan": {}, "title": "", "keywords": [], "description": "",
    "status": "initializing", "user_id": MAPPER.id, "username": MAPPER.username, "attempt": 1, "first_attempt": 1,
    "graceful": False, "error": "",
}  # fmt: skip


@pytest.fixture
def adapters():
    def new_row(**columns: Any) -> TrainingRow:
        return TrainingRow(**{**COLUMNS, "id": 7, **columns})

    return Adapters(TRAININGS, LEASE, UNFINISHED, COUNTS, new_row, GetRunState, GetRunLogs)


@pytest.fixture
def insert_run(running):
    """Without a plan, as a training that waits for its dataset: the reconciler leaves it alone."""

    async def insert_run(**columns: Any) -> int:
        async with running.db.session() as session:
            name = {"name": f"contract-{SUFFIX}", "user_id": MAPPER.id, "base_model_stac_id": "toy"}
            model = await session.merge(ModelNameRow(id=10**9, **name))
            times = {"submitted_at": datetime.now(UTC), "queued_at": datetime.now(UTC)}
            await session.flush()
            values = {**COLUMNS, **times, "local_model": model.id, **columns}
            row_id = await session.scalar(insert(TrainingRow).values(values).returning(TrainingRow.id))
            await session.commit()
        return row_id

    return insert_run


class TestTransitions(TransitionsContract):
    pass


class TestStoredRuns(StoredRunsContract):
    pass


class TestPipelineQueries(PipelineQueriesContract):
    pass
