"""Local models as training tells of them.

What is told of a model whose base nobody knows here is kept, and takes effect as soon as that base model is active:
waiting for it in place would hold up every other event.
"""

from datetime import datetime

from sqlalchemy import delete, func, select

from catalog.models.tables import BaseModelRow, GoneModelRow, LocalModelRow, ModelRunRow, WaitingModelRow
from catalog.models.views import status_of
from catalog.stars.usecases import counted
from contracts.base import Event
from contracts.training import ModelCardWritten, ModelDeleted, TrainingDeleted, TrainingSubmitted
from kit.messaging.tx import Tx

LOCK = 0x0A11
Told = TrainingSubmitted | ModelCardWritten
KINDS: dict[str, type[Event]] = {kind.ce_type(): kind for kind in (TrainingSubmitted, ModelCardWritten)}


async def note_training(event: TrainingSubmitted, tx: Tx) -> None:
    """A training counts among the runs of its model; the first one brings the model's row into being."""
    assert tx.cause
    as_of = tx.cause.sent_at
    await _noted(event, as_of, tx)
    tx.upsert(
        ModelRunRow, key=["training_id"], newer="as_of",
        training_id=event.training_id, local_model_id=event.local_model, as_of=as_of,
    )  # fmt: skip


async def note_card(event: ModelCardWritten, tx: Tx) -> None:
    """The first card of a draft brings its row into being."""
    assert tx.cause
    await _noted(event, tx.cause.sent_at, tx)


async def forget_training(event: TrainingDeleted, tx: Tx) -> None:
    await tx.session.execute(delete(ModelRunRow).where(ModelRunRow.training_id == event.training_id))


async def forget_model(event: ModelDeleted, tx: Tx) -> None:
    """What was published of it stays."""
    await _locked(event.local_model, tx)
    tx.session.add(GoneModelRow(local_model_id=event.local_model))
    for row, column in ((WaitingModelRow, WaitingModelRow.local_model_id), (ModelRunRow, ModelRunRow.local_model_id)):
        await tx.session.execute(delete(row).where(column == event.local_model))
    unpublished = LocalModelRow.id == event.local_model, LocalModelRow.stac_item_id == ""
    await tx.session.execute(delete(LocalModelRow).where(*unpublished))


async def _locked(local_model: int, tx: Tx) -> None:
    """Events come in any order and side by side; a birth must not pass a deletion unseen."""
    await tx.session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(str(local_model)))))


async def adopt(base: BaseModelRow, tx: Tx) -> None:
    """Carries out what waits for this base model, in the order in which it happened."""
    waiting = select(WaitingModelRow).where(WaitingModelRow.base_model_stac_id == base.stac_item_id)
    for row in (await tx.session.scalars(waiting.order_by(WaitingModelRow.as_of))).all():
        await _noted(KINDS[row.kind].model_validate(row.event), row.as_of, tx)  # type: ignore[arg-type]
        await tx.session.delete(row)


async def _noted(event: Told, as_of: datetime, tx: Tx) -> None:
    await _locked(event.local_model, tx)
    if await tx.session.get(GoneModelRow, event.local_model):
        return
    row = await tx.session.get(LocalModelRow, event.local_model, with_for_update=True) or await _born(event, as_of, tx)
    if row is None:
        _wait(event, as_of, tx)
    elif isinstance(event, ModelCardWritten) and (row.card_as_of is None or row.card_as_of <= as_of):
        row.title, row.description, row.dataset = event.title, event.description, event.dataset
        row.card_as_of = as_of


async def _born(event: Told, as_of: datetime, tx: Tx) -> LocalModelRow | None:
    """None while there is no such base model."""
    base = await tx.session.scalar(select(BaseModelRow).where(BaseModelRow.stac_item_id == event.base_model_stac_id))
    if base is None:
        return None
    row = LocalModelRow(
        id=event.local_model, name=event.model_name, category=base.category, base_model_id=base.id, status="active",
        visibility="private", is_pinned=False, stac_item_id="",
        star_count=await counted(event.model_name, tx), user_id=event.user_id, username=event.username,
        created_at=as_of, last_modified=as_of,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    tx.emit(status_of(row))
    return row


def _wait(event: Told, as_of: datetime, tx: Tx) -> None:
    tx.upsert(
        WaitingModelRow, key=["local_model_id", "kind"], newer="as_of", local_model_id=event.local_model,
        kind=event.ce_type(), base_model_stac_id=event.base_model_stac_id, event=event.model_dump(mode="json"),
        as_of=as_of,
    )  # fmt: skip
