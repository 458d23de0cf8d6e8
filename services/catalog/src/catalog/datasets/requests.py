"""Asking for builds; the job behind them is `catalog.datasets.build`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from geoalchemy2.shape import to_shape
from sqlalchemy import select

from catalog.areas.tables import AoiRow
from catalog.datasets.domain import Problems, build_problems
from catalog.datasets.ports import ImageryRules
from catalog.datasets.tables import DatasetRow
from catalog.datasets.usecases import new_row, owned, refuse
from catalog.stac.vocabulary import KEYWORDS
from contracts.catalog import datasets as c
from kit.errors import Conflict, Invalid, NotFound
from kit.messaging.tx import Tx


async def build_dataset(command: c.BuildDataset, tx: Tx, rules: ImageryRules) -> DatasetRow:
    """NotFound when an area does not exist, is not the caller's own, or is named twice."""
    await refuse(_request_problems(command, rules), command.category, tx)
    aois = await _own_aois(command.aoi_ids, tx)
    _keep_within_budget(aois, command.zoom, rules)
    row = new_row(command.title, command.source_imagery, command.category, tx)
    row.status, row.build, row.request = "building", 1, command.model_dump(mode="json")
    await tx.session.flush()
    for aoi in aois:
        aoi.dataset_id = row.id
    _start(row, tx)
    return row


async def build_draft(command: c.BuildDraft, tx: Tx, rules: ImageryRules) -> DatasetRow:
    """Conflict unless it is a draft or its build has failed; Invalid while nothing was drawn for it."""
    row = await owned(command.dataset_id, tx)
    if row.status not in ("draft", "failed"):
        raise Conflict("not_a_draft", f"Only a draft can be built; this dataset is {row.status}.")
    aois = (await tx.session.scalars(select(AoiRow).where(AoiRow.dataset_id == row.id).order_by(AoiRow.id))).all()
    request = c.BuildDataset(
        title=row.title, source_imagery=row.source_imagery, category=row.category, aoi_ids=[aoi.id for aoi in aois],
        **command.model_dump(exclude={"dataset_id"}),
    )  # fmt: skip
    await refuse(_request_problems(request, rules), row.category, tx)
    _keep_within_budget(aois, command.zoom, rules)
    row.request = request.model_dump(mode="json")
    _restart(row, tx)
    return row


async def rebuild_dataset(command: c.RebuildDataset, tx: Tx) -> DatasetRow:
    """Conflict unless the last build failed."""
    row = await owned(command.dataset_id, tx)
    if row.status != "failed" or row.request is None:
        raise Conflict("not_failed", f"Only a failed dataset can be built again; this one is {row.status}.")
    _restart(row, tx)
    return row


def _request_problems(command: c.BuildDataset, rules: ImageryRules) -> Problems:
    classes = [(entry.name, list(map(str, entry.classes))) for entry in command.label_classes]
    problems = build_problems(
        command.title, command.description, command.aoi_ids, command.label_tasks, classes, command.keywords, KEYWORDS
    )
    if problem := rules.template_problem(command.source_imagery):
        problems["source_imagery"] = [problem]
    return problems


def _keep_within_budget(aois: Sequence[AoiRow], zoom: int, rules: ImageryRules) -> None:
    if problem := rules.budget_problem([to_shape(aoi.geom) for aoi in aois], zoom):
        raise Invalid("too_many_tiles", problem, aoi_ids=[problem])


async def _own_aois(aoi_ids: Sequence[int], tx: Tx) -> Sequence[AoiRow]:
    wanted = select(AoiRow).where(AoiRow.id.in_(aoi_ids), AoiRow.user_id == tx.actor.id).order_by(AoiRow.id)
    rows = (await tx.session.scalars(wanted.with_for_update())).all()
    if len(rows) != len(aoi_ids):
        raise NotFound("aois_not_found", "Some of the aoi_ids do not exist, are not yours, or are repeated.")
    return rows


def _restart(row: DatasetRow, tx: Tx) -> None:
    row.status, row.error, row.delivery, row.beat_at = "building", "", 0, None
    row.build += 1
    row.last_modified = datetime.now(UTC)
    _start(row, tx)


def _start(row: DatasetRow, tx: Tx) -> None:
    tx.emit(c.DatasetBuildRequested(dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title))
    tx.emit(c.DatasetBuildJob(dataset_id=row.id, user_id=row.user_id, build=row.build))
