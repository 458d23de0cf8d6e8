"""Local models, as training reports them.

Events of a model with an unknown base model are stored, and applied as soon as that base model is active: a retry would
block all other events.
"""

from datetime import datetime

from sqlalchemy import delete, func, select

from catalog.models.presenter import status_event
from catalog.models.tables import BaseModelRow, DeletedModelRow, LocalModelRow, ModelRunRow, PendingModelEventRow
from catalog.shared.stars import star_count
from contracts.base import Event
from contracts.training import ModelCardWritten, ModelDeleted, TrainingDeleted, TrainingSubmitted
from kit.messaging.tx import Tx

LOCK = 0x0A11
ModelEvent = TrainingSubmitted | ModelCardWritten
KINDS: dict[str, type[Event]] = {kind.ce_type(): kind for kind in (TrainingSubmitted, ModelCardWritten)}


async def on_training_submitted(event: TrainingSubmitted, tx: Tx) -> None:
    """Adds a run to the model; the first event of a model creates its row."""
    as_of = tx.caused_at
    await _apply(event, as_of, tx)
    tx.upsert(
        ModelRunRow, key=["training_id"], newer="as_of",
        training_id=event.training_id, local_model_id=event.local_model, as_of=as_of,
    )  # fmt: skip


async def on_model_card_written(event: ModelCardWritten, tx: Tx) -> None:
    """The first event of a model creates its row."""
    await _apply(event, tx.caused_at, tx)


async def on_training_deleted(event: TrainingDeleted, tx: Tx) -> None:
    await tx.session.execute(delete(ModelRunRow).where(ModelRunRow.training_id == event.training_id))


async def on_model_deleted(event: ModelDeleted, tx: Tx) -> None:
    """Published versions stay."""
    await _lock(event.local_model, tx)
    tx.session.add(DeletedModelRow(local_model_id=event.local_model))
    for row, column in (
        (PendingModelEventRow, PendingModelEventRow.local_model_id),
        (ModelRunRow, ModelRunRow.local_model_id),
    ):
        await tx.session.execute(delete(row).where(column == event.local_model))
    unpublished = LocalModelRow.id == event.local_model, LocalModelRow.stac_item_id == ""
    await tx.session.execute(delete(LocalModelRow).where(*unpublished))


async def _lock(local_model: int, tx: Tx) -> None:
    """Events may arrive concurrently and out of order; a creation must see an earlier deletion."""
    await tx.session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(str(local_model)))))


async def create_from_events(base: BaseModelRow, tx: Tx) -> None:
    """Applies the stored events of this base model in the order in which they happened."""
    waiting = select(PendingModelEventRow).where(PendingModelEventRow.base_model_stac_id == base.stac_item_id)
    for row in (await tx.session.scalars(waiting.order_by(PendingModelEventRow.as_of))).all():
        await _apply(KINDS[row.kind].model_validate(row.event), row.as_of, tx)  # type: ignore[arg-type]
        await tx.session.delete(row)


async def _apply(event: ModelEvent, as_of: datetime, tx: Tx) -> None:
    await _lock(event.local_model, tx)
    if await tx.session.get(DeletedModelRow, event.local_model):
        return
    row = await tx.session.get(LocalModelRow, event.local_model, with_for_update=True) or await _create(
        event, as_of, tx
    )
    if row is None:
        _keep_event(event, as_of, tx)
    elif isinstance(event, ModelCardWritten) and (row.card_as_of is None or row.card_as_of <= as_of):
        row.title, row.description, row.dataset = event.title, event.description, event.dataset
        row.card_as_of = as_of


async def _create(event: ModelEvent, as_of: datetime, tx: Tx) -> LocalModelRow | None:
    """Returns None while the base model is unknown."""
    base = await tx.session.scalar(select(BaseModelRow).where(BaseModelRow.stac_item_id == event.base_model_stac_id))
    if base is None:
        return None
    row = LocalModelRow(
        id=event.local_model, name=event.model_name, category=base.category, base_model_id=base.id, status="active",
        visibility="private", is_pinned=False, stac_item_id="",
        star_count=await star_count(event.model_name, tx), user_id=event.user_id, username=event.username,
        created_at=as_of, last_modified=as_of,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    tx.emit(status_event(row))
    return row


def _keep_event(event: ModelEvent, as_of: datetime, tx: Tx) -> None:
    tx.upsert(
        PendingModelEventRow, key=["local_model_id", "kind"], newer="as_of", local_model_id=event.local_model,
        kind=event.ce_type(), base_model_stac_id=event.base_model_stac_id, event=event.model_dump(mode="json"),
        as_of=as_of,
    )  # fmt: skip
