from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_hex

from geoalchemy2.shape import to_shape
from slugify import slugify
from sqlalchemy import exists, select

from catalog.areas.tables import AoiRow, CategoryRow
from catalog.datasets.domain import Problems, build_problems, offset_problems, title_problems
from catalog.datasets.ports import ImageryRules
from catalog.datasets.tables import DatasetRow, DatasetUse
from catalog.stac.vocabulary import KEYWORDS
from contracts.catalog import datasets as c
from contracts.catalog.areas import AoiDeleted
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.messaging.tx import Tx

MAX_SLUG = 190


async def build_dataset(command: c.BuildDataset, tx: Tx, rules: ImageryRules) -> DatasetRow:
    """NotFound when an area does not exist, is not the caller's own, or is named twice."""
    await _refuse(_request_problems(command, rules), command.category, tx)
    aois = await _own_aois(command.aoi_ids, tx)
    if problem := rules.budget_problem([to_shape(aoi.geom) for aoi in aois], command.zoom):
        raise Invalid("too_many_tiles", problem, aoi_ids=[problem])
    row = _new_row(command.title, command.source_imagery, command.category, tx)
    row.status, row.build, row.request = "building", 1, command.model_dump(mode="json")
    await tx.session.flush()
    for aoi in aois:
        aoi.dataset_id = row.id
    _start(row, tx)
    return row


async def build_draft(command: c.BuildDraft, tx: Tx, rules: ImageryRules) -> DatasetRow:
    """Conflict unless it is a draft or its build has failed; Invalid while nothing was drawn for it."""
    row = await _owned(command.dataset_id, tx)
    if row.status not in ("draft", "failed"):
        raise Conflict("not_a_draft", f"Only a draft can be built; this dataset is {row.status}.")
    aois = (await tx.session.scalars(select(AoiRow).where(AoiRow.dataset_id == row.id).order_by(AoiRow.id))).all()
    request = c.BuildDataset(
        title=row.title, source_imagery=row.source_imagery, category=row.category, aoi_ids=[aoi.id for aoi in aois],
        **command.model_dump(exclude={"dataset_id"}),
    )  # fmt: skip
    await _refuse(_request_problems(request, rules), row.category, tx)
    if problem := rules.budget_problem([to_shape(aoi.geom) for aoi in aois], command.zoom):
        raise Invalid("too_many_tiles", problem, aoi_ids=[problem])
    row.request = request.model_dump(mode="json")
    _restart(row, tx)
    return row


async def create_dataset(command: c.CreateDataset, tx: Tx, rules: ImageryRules) -> DatasetRow:
    problems = title_problems(command.title) | offset_problems(command.offset)
    if problem := rules.template_problem(command.source_imagery):
        problems["source_imagery"] = [problem]
    await _refuse(problems, command.category, tx)
    row = _new_row(command.title, command.source_imagery, command.category, tx)
    row.visibility, row.offset = command.visibility, list(command.offset)
    await tx.session.flush()
    return row


async def rebuild_dataset(command: c.RebuildDataset, tx: Tx) -> DatasetRow:
    """Conflict unless the last build failed."""
    row = await _owned(command.dataset_id, tx)
    if row.status != "failed" or row.request is None:
        raise Conflict("not_failed", f"Only a failed dataset can be built again; this one is {row.status}.")
    _restart(row, tx)
    return row


async def change_dataset(command: c.ChangeDataset, tx: Tx, rules: ImageryRules) -> DatasetRow:
    """Anybody who sees a dataset may correct the `offset` of its imagery until it is built."""
    given = command.model_dump(exclude={"dataset_id"}, exclude_none=True)
    row = await (_seen if given.keys() == {"offset"} else _owned)(command.dataset_id, tx)
    problems = {} if command.title is None else title_problems(command.title)
    if command.offset is not None:
        problems |= offset_problems(command.offset)
    if command.source_imagery is not None and (problem := rules.template_problem(command.source_imagery)):
        problems["source_imagery"] = [problem]
    await _refuse(problems, command.category, tx)
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


async def delete_dataset(command: c.DeleteDataset, tx: Tx) -> None:
    """Its areas go with it. Conflict while a training refers to it."""
    row = await _owned(command.dataset_id, tx)
    if await tx.session.scalar(select(exists().where(DatasetUse.stac_id == row.stac_id))):
        raise Conflict("dataset_in_use", "Trainings refer to this dataset, so it cannot be deleted.")
    aois = await tx.session.execute(select(AoiRow.id, AoiRow.user_id).where(AoiRow.dataset_id == row.id))
    for aoi_id, user_id in aois.all():
        tx.emit(AoiDeleted(aoi_id=aoi_id, user_id=user_id))
    await tx.session.delete(row)
    tx.emit(c.DatasetDeleted(dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title))


def _request_problems(command: c.BuildDataset, rules: ImageryRules) -> Problems:
    classes = [(entry.name, list(map(str, entry.classes))) for entry in command.label_classes]
    problems = build_problems(
        command.title, command.description, command.aoi_ids, command.label_tasks, classes, command.keywords, KEYWORDS
    )
    if problem := rules.template_problem(command.source_imagery):
        problems["source_imagery"] = [problem]
    return problems


async def _refuse(problems: Problems, category: str | None, tx: Tx) -> None:
    """Invalid with everything that is wrong at once."""
    if category is not None and not await tx.session.scalar(select(exists().where(CategoryRow.slug == category))):
        problems["category"] = [f"There is no category {category}."]
    if problems:
        raise Invalid("invalid_dataset", " ".join(words for field in problems.values() for words in field), **problems)


async def _own_aois(aoi_ids: Sequence[int], tx: Tx) -> Sequence[AoiRow]:
    wanted = select(AoiRow).where(AoiRow.id.in_(aoi_ids), AoiRow.user_id == tx.actor.id).order_by(AoiRow.id)
    rows = (await tx.session.scalars(wanted.with_for_update())).all()
    if len(rows) != len(aoi_ids):
        raise NotFound("aois_not_found", "Some of the aoi_ids do not exist, are not yours, or are repeated.")
    return rows


def _new_row(title: str, source_imagery: str, category: str, tx: Tx) -> DatasetRow:
    now = datetime.now(UTC)
    slug = slugify(title, max_length=MAX_SLUG, word_boundary=True) or "untitled"
    row = DatasetRow(
        stac_id=f"{slug}-{token_hex(3)}", title=title, source_imagery=source_imagery, category=category,
        status="draft", visibility="private", user_id=tx.actor.id, error="", build=0, delivery=0, offset=[0.0, 0.0],
        created_at=now, last_modified=now,
    )  # fmt: skip
    tx.session.add(row)
    return row


def _restart(row: DatasetRow, tx: Tx) -> None:
    row.status, row.error, row.delivery, row.beat_at = "building", "", 0, None
    row.build += 1
    row.last_modified = datetime.now(UTC)
    _start(row, tx)


def _start(row: DatasetRow, tx: Tx) -> None:
    tx.emit(c.DatasetBuildRequested(dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title))
    tx.emit(c.DatasetBuildJob(dataset_id=row.id, user_id=row.user_id, build=row.build))


def _move(row: DatasetRow, offset: list[float]) -> None:
    if row.status in ("building", "built") and offset != row.offset:
        raise Conflict("already_built", "The labels of a built dataset stay where they are. Make another dataset.")
    row.offset = offset


async def _seen(dataset_id: int, tx: Tx) -> DatasetRow:
    """The row, locked. NotFound when the caller may not see it."""
    row = await tx.session.get(DatasetRow, dataset_id, with_for_update=True)
    if row is None or tx.actor.is_anonymous or not (tx.actor.owns(row.user_id) or row.visibility == "public"):
        raise NotFound("dataset_not_found", "There is no such dataset.")
    return row


async def _owned(dataset_id: int, tx: Tx) -> DatasetRow:
    """Forbidden when the caller may only see it."""
    row = await _seen(dataset_id, tx)
    if not tx.actor.owns(row.user_id):
        raise Forbidden("not_yours", "Only its owner may change this dataset.")
    return row
