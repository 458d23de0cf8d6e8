from datetime import UTC, datetime
from secrets import token_hex

from slugify import slugify
from sqlalchemy import exists, select

from catalog.areas.tables import AoiRow
from catalog.categories.tables import CategoryRow
from catalog.datasets.domain import Problems, offset_problems, title_problems
from catalog.datasets.ports import ImageryRules
from catalog.datasets.tables import DatasetRow, DatasetUse
from catalog.datasets.visibility import visible_to
from contracts.catalog import datasets as c
from contracts.catalog.areas import AoiDeleted
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.messaging.tx import Tx

MAX_SLUG = 190


async def create_dataset(command: c.CreateDataset, tx: Tx, rules: ImageryRules) -> DatasetRow:
    problems = title_problems(command.title) | offset_problems(command.offset)
    if problem := rules.imagery_problem(command.source_imagery):
        problems["source_imagery"] = [problem]
    await refuse_problems(problems, command.category, tx)
    row = new_row(command.title, command.source_imagery, command.category, tx)
    row.visibility, row.offset = command.visibility, list(command.offset)
    await tx.session.flush()
    return row


async def change_dataset(command: c.ChangeDataset, tx: Tx, rules: ImageryRules) -> DatasetRow:
    """Every user who sees a dataset may correct the `offset` of its imagery until it is built."""
    given = command.model_dump(exclude={"dataset_id"}, exclude_none=True)
    row = await (_visible_row if given.keys() == {"offset"} else require_owner)(command.dataset_id, tx)
    await refuse_problems(_change_problems(command, rules), command.category, tx)
    for field in ("title", "source_imagery", "category", "visibility"):
        value = getattr(command, field)
        if value is not None:
            setattr(row, field, value)
    if command.offset is not None:
        _move(row, list(command.offset))
    row.last_modified = datetime.now(UTC)
    tx.emit(
        c.DatasetChanged(
            dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title, visibility=row.visibility
        )
    )
    return row


def _change_problems(command: c.ChangeDataset, rules: ImageryRules) -> Problems:
    problems = {} if command.title is None else title_problems(command.title)
    if command.offset is not None:
        problems |= offset_problems(command.offset)
    if command.source_imagery is not None and (problem := rules.imagery_problem(command.source_imagery)):
        problems["source_imagery"] = [problem]
    return problems


async def delete_dataset(command: c.DeleteDataset, tx: Tx) -> None:
    """Deletes the dataset with its areas. Raises Conflict while a training uses it."""
    row = await require_owner(command.dataset_id, tx)
    if await tx.session.scalar(select(exists().where(DatasetUse.stac_id == row.stac_id))):
        raise Conflict("dataset_in_use", "Trainings refer to this dataset, so it cannot be deleted.")
    aois = await tx.session.execute(select(AoiRow.id, AoiRow.user_id).where(AoiRow.dataset_id == row.id))
    for aoi_id, user_id in aois.all():
        tx.emit(AoiDeleted(aoi_id=aoi_id, user_id=user_id, dataset=row.id))
    await tx.session.delete(row)
    tx.emit(c.DatasetDeleted(dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title))


async def refuse_problems(problems: Problems, category: str | None, tx: Tx) -> None:
    """Raises Invalid with all problems."""
    if category is not None and not await tx.session.scalar(select(exists().where(CategoryRow.slug == category))):
        problems["category"] = [f"There is no category {category}."]
    if problems:
        raise Invalid("invalid_dataset", " ".join(words for field in problems.values() for words in field), **problems)


def new_row(title: str, source_imagery: str, category: str, tx: Tx) -> DatasetRow:
    now = datetime.now(UTC)
    slug = slugify(title, max_length=MAX_SLUG, word_boundary=True) or "untitled"
    row = DatasetRow(
        stac_id=f"{slug}-{token_hex(3)}", title=title, source_imagery=source_imagery, category=category,
        status="draft", visibility="private", user_id=tx.actor.id, error="", build=0, delivery=0, offset=[0.0, 0.0],
        created_at=now, last_modified=now,
    )  # fmt: skip
    tx.session.add(row)
    return row


def _move(row: DatasetRow, offset: list[float]) -> None:
    if row.status in ("building", "built") and offset != row.offset:
        raise Conflict("already_built", "The labels of a built dataset stay where they are. Make another dataset.")
    row.offset = offset


async def _visible_row(dataset_id: int, tx: Tx) -> DatasetRow:
    """Returns the row, locked. Raises NotFound when the caller may not see it or is anonymous."""
    wanted = select(DatasetRow).where(DatasetRow.id == dataset_id, visible_to(tx.actor)).with_for_update()
    row = await tx.session.scalar(wanted, execution_options={"populate_existing": True})
    if row is None or tx.actor.is_anonymous:
        raise NotFound("dataset_not_found", "There is no such dataset.")
    return row


async def require_owner(dataset_id: int, tx: Tx) -> DatasetRow:
    """Returns the row, locked. Raises Forbidden when the caller may only see it."""
    row = await _visible_row(dataset_id, tx)
    if not tx.actor.owns(row.user_id):
        raise Forbidden("not_yours", "Only its owner may change this dataset.")
    return row
