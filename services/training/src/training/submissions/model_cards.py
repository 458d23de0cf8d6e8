"""Local models before their first training, and what their owners say of them."""

from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts import training as c
from contracts.catalog.datasets import GetDataset
from contracts.catalog.models import LocalModelChanged, LocalModelPublished
from contracts.shared import CompactUser
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from kit.messaging.tx import ReadTx, Tx
from training.projections.fetch import Catalog, fetch_base_model
from training.projections.tables import KnownBaseModel, KnownUser
from training.projections.usecases import event_time
from training.runs.tables import ModelNameRow, TrainingRow
from training.runs.transitions import TRAININGS
from training.runs.usecases import delete_run
from training.submissions.domain import MAX_TEXT_LENGTH
from training.submissions.model_names import read_name, slug_of

MAX_DESCRIPTION_LENGTH = 4000


async def draft_model(command: c.DraftModel, tx: Tx, catalog: Catalog) -> c.ModelCard:
    if tx.actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to make a model.")
    _check(command.title, command.description)
    await _base_exists(command.base_model_stac_id, tx, catalog)
    await _dataset_exists(command.dataset, tx, catalog)
    row = await _create(command, tx)
    _emit_written(row, tx)
    return _card(row, tx.actor.username)


async def change_card(command: c.ChangeModelCard, tx: Tx, catalog: Catalog) -> c.ModelCard:
    row = await _owned(command.model_id, tx)
    _check(row.title if command.title is None else command.title, command.description or "")
    await _dataset_exists(command.dataset, tx, catalog)
    for field, value in command.model_dump(exclude={"model_id"}, exclude_none=True).items():
        setattr(row, field, value)
    _emit_written(row, tx)
    return _card(row, row.username)


async def delete_model(command: c.DeleteModel, tx: Tx) -> None:
    row = await _owned(command.model_id, tx)
    trainings = (await tx.session.scalars(select(TrainingRow).where(TrainingRow.local_model == row.id))).all()
    if any(not TRAININGS.lifecycle(one).is_terminal for one in trainings):
        raise Conflict("in_training", "A training of this model is under way.")
    for one in trainings:
        await delete_run(one, tx)
    await tx.session.flush()
    await tx.session.delete(row)
    tx.emit(c.ModelDeleted(local_model=row.id, user_id=row.user_id, model_name=row.name))


async def set_visibility(event: LocalModelChanged | LocalModelPublished, tx: Tx) -> None:
    """The catalog decides who sees a local model; an event older than the last one changes nothing."""
    row = await tx.session.get(ModelNameRow, event.model_id, with_for_update=True)
    if row and (row.visibility_as_of is None or row.visibility_as_of <= event_time(tx)):
        row.visibility, row.visibility_as_of = event.visibility, event_time(tx)


async def _owned(model_id: int, tx: Tx) -> ModelNameRow:
    """The row, locked. NotFound when the caller may not even see it, Forbidden when he may only see it."""
    row = await tx.session.get(ModelNameRow, model_id, with_for_update=True)
    if row is None or not (tx.actor.owns(row.user_id) or row.visibility == "public"):
        raise NotFound("local_model_not_found", "There is no such model.")
    if not tx.actor.owns(row.user_id):
        raise Forbidden("not_yours", "Only the owner may describe or delete a model.")
    return row


async def get_card(query: c.GetModelCard, read: ReadTx) -> c.ModelCard:
    users = select(ModelNameRow, KnownUser.username).outerjoin(KnownUser, KnownUser.id == ModelNameRow.user_id)
    found = (await read.session.execute(users.where(ModelNameRow.id == query.model_id))).first()
    if found is None or not (read.actor.owns(found[0].user_id) or found[0].visibility == "public"):
        raise NotFound("local_model_not_found", "There is no such model.")
    return _card(found[0], found[1] or found[0].username)


def _check(title: str, description: str) -> None:
    wrong: dict[str, list[str]] = {}
    if not slug_of(title) or len(title) > MAX_TEXT_LENGTH:
        wrong["title"] = [f"A title has a letter or digit, and at most {MAX_TEXT_LENGTH} characters."]
    if len(description) > MAX_DESCRIPTION_LENGTH:
        wrong["description"] = [f"Ensure this field has no more than {MAX_DESCRIPTION_LENGTH} characters."]
    if wrong:
        raise Invalid("invalid_model_card", "Some fields are not valid.", **wrong)


async def _base_exists(stac_id: str, tx: Tx, catalog: Catalog) -> None:
    known = await tx.session.get(KnownBaseModel, stac_id)
    if known is None or not (known.visibility == "public" or tx.actor.owns(known.user_id)):
        await fetch_base_model(stac_id, tx, catalog)


async def _dataset_exists(dataset_id: int | None, tx: Tx, catalog: Catalog) -> None:
    if dataset_id is None:
        return
    try:
        await catalog.query_json(GetDataset(dataset_id=dataset_id), tx.actor)
    except NotFound as error:
        raise Invalid("unknown_dataset", error.detail, dataset=["There is no such dataset."]) from error


async def _create(command: c.DraftModel, tx: Tx) -> ModelNameRow:
    """Under the first name that is free."""
    wanted, row_id = read_name(command.title), None
    values = {
        "user_id": tx.actor.id, "username": tx.actor.username, "spelling": wanted.spelling, **command.model_dump(),
    }  # fmt: skip
    name = wanted.slug
    while row_id is None:
        born = insert(ModelNameRow).values(name=name, **values).on_conflict_do_nothing(index_elements=["name"])
        row_id = await tx.session.scalar(born.returning(ModelNameRow.id))
        name = f"{wanted.slug[: MAX_TEXT_LENGTH - 7]}-{token_hex(3)}"
    return await tx.session.get_one(ModelNameRow, row_id)


def _emit_written(row: ModelNameRow, tx: Tx) -> None:
    tx.emit(c.ModelCardWritten(
        local_model=row.id, user_id=row.user_id, username=row.username, model_name=row.name, title=row.title,
        base_model_stac_id=row.base_model_stac_id, description=row.description, dataset=row.dataset,
    ))  # fmt: skip


def _card(row: ModelNameRow, username: str) -> c.ModelCard:
    return c.ModelCard(
        id=row.id, name=row.name, title=row.title or row.name, description=row.description, dataset=row.dataset,
        base_model_stac_id=row.base_model_stac_id, user=CompactUser(osm_id=row.user_id, username=username),
        created_at=row.created_at,
    )  # fmt: skip
