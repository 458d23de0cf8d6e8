"""Trainings that were submitted before their dataset was built.

A lock on the dataset's name puts "the build has ended" and "somebody waits for it" in one order, so that no training
waits for an end that has passed already.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, text

from contracts.catalog.datasets import DatasetBuildFailed, DatasetBuilt
from kit.messaging.tx import Tx
from training.projections.tables import KnownBaseModel, KnownDataset
from training.runs.tables import ACTIVE, TrainingRow
from training.runs.transitions import TRAININGS, send_job
from training.submissions import domain
from training.submissions.compatibility import incompatibility_reasons

UNPLANNED: dict[str, Any] = {}


async def details_under_lock(stac_id: str, tx: Tx) -> dict[str, Any] | None:
    """What is known of a dataset; while it is None the build has not ended, and cannot before this transaction has."""
    await _lock(stac_id, tx)
    return await tx.session.scalar(select(KnownDataset.facts).where(KnownDataset.stac_id == stac_id))


async def start_pending(event: DatasetBuilt, facts: dict[str, Any], tx: Tx) -> None:
    """All that wait for it begin, or fail where model and data do not fit."""
    data = domain.DatasetSummary(event.stac_id, **facts)
    for row in await _pending(event.stac_id, tx):
        base = await _base(row, tx)
        reasons = incompatibility_reasons(base, data, row.hyperparameters)
        if reasons:
            _fail(row, " ".join(reasons), tx)
        else:
            row.plan = domain.plan(base, data, row.model_name, row.hyperparameters, row.weights_uri).as_json()
            send_job(row, tx)


async def fail_pending(event: DatasetBuildFailed, tx: Tx) -> None:
    for row in await _pending(event.stac_id, tx):
        _fail(row, f"The dataset could not be built. {event.reason}", tx)


async def _pending(stac_id: str, tx: Tx) -> Sequence[TrainingRow]:
    await _lock(stac_id, tx)
    rows = select(TrainingRow).where(
        TrainingRow.dataset_stac_id == stac_id, TrainingRow.plan == UNPLANNED, text(ACTIVE)
    )
    return (await tx.session.scalars(rows.order_by(TrainingRow.id).with_for_update())).all()


async def _lock(stac_id: str, tx: Tx) -> None:
    await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(stac_id))))


async def _base(row: TrainingRow, tx: Tx) -> domain.BaseModelSummary:
    """Its facts were noted when the training was submitted, if not before."""
    known = await tx.session.get_one(KnownBaseModel, row.base_model_stac_id)
    return domain.base_model_summary(row.base_model_stac_id, known.facts)


def _fail(row: TrainingRow, reason: str, tx: Tx) -> None:
    TRAININGS.apply(row, TRAININGS.lifecycle(row).reported(row.attempt, "failed"), tx, reason)
