"""Which trainings refer to a dataset, and which models come of them."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select

from catalog.datasets.tables import DatasetUse
from catalog.models.tables import ModelRunRow
from contracts.training import TrainingDeleted, TrainingSubmitted
from kit.messaging.tx import ReadTx, Tx


def note(event: TrainingSubmitted, tx: Tx) -> None:
    assert tx.cause
    tx.upsert(
        DatasetUse, key=["training_id"], newer="as_of",
        training_id=event.training_id, stac_id=event.dataset_stac_id, as_of=tx.cause.sent_at,
    )  # fmt: skip


async def forget(event: TrainingDeleted, tx: Tx) -> None:
    await tx.session.execute(delete(DatasetUse).where(DatasetUse.training_id == event.training_id))


async def models_of(stac_ids: Sequence[str], tx: Tx | ReadTx) -> dict[str, int]:
    """STAC id → number of local models that were trained on the dataset; those without are missing."""
    models = func.count(ModelRunRow.local_model_id.distinct())
    runs = select(DatasetUse.stac_id, models).join(ModelRunRow, ModelRunRow.training_id == DatasetUse.training_id)
    found = await tx.session.execute(runs.where(DatasetUse.stac_id.in_(stac_ids)).group_by(DatasetUse.stac_id))
    return dict(found.tuples().all())
