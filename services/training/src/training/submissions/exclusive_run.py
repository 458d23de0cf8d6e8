"""One training of a model at a time, for who asks for that."""

from sqlalchemy import func, select, text

from kit.errors import Invalid
from kit.messaging.tx import Tx
from training.runs.tables import ACTIVE, TrainingRow

LOCK = 0x0A10
"""Sets these locks apart from those on names of datasets."""


async def ensure_exclusive(local_model: int, tx: Tx) -> None:
    """Invalid while another training of the model is under way. Held until the commit: of two that come at the same
    time the second sees the first."""
    await tx.session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(str(local_model)))))
    under_way = select(TrainingRow.id).where(TrainingRow.local_model == local_model, text(ACTIVE)).limit(1)
    if await tx.session.scalar(under_way) is not None:
        raise Invalid("already_running", "Another training of this model is under way.", model=["It is in training."])
