"""Which trainings refer to a dataset."""

from sqlalchemy import delete

from catalog.datasets.tables import DatasetUse
from contracts.training import TrainingDeleted, TrainingSubmitted
from kit.messaging.tx import Tx


def note(event: TrainingSubmitted, tx: Tx) -> None:
    assert tx.cause
    tx.upsert(
        DatasetUse, key=["training_id"], newer="as_of",
        training_id=event.training_id, stac_id=event.dataset_stac_id, as_of=tx.cause.sent_at,
    )  # fmt: skip


async def forget(event: TrainingDeleted, tx: Tx) -> None:
    await tx.session.execute(delete(DatasetUse).where(DatasetUse.training_id == event.training_id))
