"""Which trainings use a dataset, as training reports them."""

from sqlalchemy import delete

from catalog.datasets.tables import DatasetUse
from contracts.training import TrainingDeleted, TrainingSubmitted
from kit.messaging.tx import Tx


def on_training_submitted(event: TrainingSubmitted, tx: Tx) -> None:
    tx.upsert(
        DatasetUse, key=["training_id"], newer="as_of",
        training_id=event.training_id, stac_id=event.dataset_stac_id, as_of=tx.caused_at,
    )  # fmt: skip


async def on_training_deleted(event: TrainingDeleted, tx: Tx) -> None:
    await tx.session.execute(delete(DatasetUse).where(DatasetUse.training_id == event.training_id))
