"""Requests of builds; `catalog.datasets.build.job` executes them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from geoalchemy2.shape import to_shape
from sqlalchemy import select

from catalog.areas.tables import AoiRow
from catalog.datasets.domain import Problems, build_problems
from catalog.datasets.ports import ImageryRules
from catalog.datasets.quota import BuildQuota
from catalog.datasets.tables import DatasetRow
from catalog.datasets.usecases import new_row, refuse_problems, require_owner
from contracts.catalog import datasets as c
from kit.errors import Conflict, Invalid, NotFound
from kit.messaging.tx import Tx

CANCELLED = "The build was cancelled."
STALE = timedelta(seconds=60)
"""Its owner may restart a build that has sent no heartbeat for so long."""


async def build_dataset(command: c.BuildDataset, tx: Tx, rules: ImageryRules, quota: BuildQuota) -> DatasetRow:
    """Raises NotFound when an area does not exist, belongs to another user or is repeated."""
    await refuse_problems(_request_problems(command, rules), command.category, tx)
    aois = await _own_aois(command.aoi_ids, tx)
    _keep_within_budget(aois, command.zoom, rules)
    row = new_row(command.title, command.source_imagery, command.category, tx)
    row.status, row.request = "building", command.model_dump(mode="json")
    await tx.session.flush()
    for aoi in aois:
        aoi.dataset_id = row.id
    quota.ensure_room(row.user_id, row.id, tx)
    _start(row, tx)
    return row


async def build_draft(command: c.BuildDraft, tx: Tx, rules: ImageryRules, quota: BuildQuota) -> DatasetRow:
    """Raises Conflict unless the dataset is a draft or its build has failed, Invalid while it has no area."""
    row = await require_owner(command.dataset_id, tx)
    if row.status not in ("draft", "failed"):
        raise Conflict("not_a_draft", f"Only a draft can be built; this dataset is {row.status}.")
    aois = (await tx.session.scalars(select(AoiRow).where(AoiRow.dataset_id == row.id).order_by(AoiRow.id))).all()
    request = c.BuildDataset(
        title=row.title, source_imagery=row.source_imagery, category=row.category, aoi_ids=[aoi.id for aoi in aois],
        **command.model_dump(exclude={"dataset_id"}),
    )  # fmt: skip
    await refuse_problems(_request_problems(request, rules), row.category, tx)
    _keep_within_budget(aois, command.zoom, rules)
    quota.ensure_room(row.user_id, row.id, tx)
    row.request = request.model_dump(mode="json")
    _restart(row, tx)
    return row


async def rebuild_dataset(command: c.RebuildDataset, tx: Tx, quota: BuildQuota) -> DatasetRow:
    """Raises Conflict unless the last build has failed, or runs without a heartbeat."""
    row = await require_owner(command.dataset_id, tx)
    if row.status not in ("failed", "building") or row.request is None:
        raise Conflict("not_failed", f"Only a failed dataset can be built again; this one is {row.status}.")
    if row.status == "building" and datetime.now(UTC) - last_heartbeat(row) < STALE:
        raise Conflict("build_under_way", "This dataset is being built. Cancel the build to start it again.")
    quota.ensure_room(row.user_id, row.id, tx)
    _restart(row, tx)
    return row


async def cancel_build(command: c.CancelBuild, tx: Tx) -> DatasetRow:
    """Cancels the build; its worker notices within seconds. Raises Conflict when no build is running."""
    row = await require_owner(command.dataset_id, tx)
    if row.status != "building":
        raise Conflict("not_building", f"No build of this dataset is running; it is {row.status}.")
    row.status, row.error, row.waiting, row.last_modified = "failed", CANCELLED, None, datetime.now(UTC)
    tx.emit(build_failed(row, CANCELLED))
    return row


def build_failed(row: DatasetRow, reason: str) -> c.DatasetBuildFailed:
    fact = {"dataset_id": row.id, "stac_id": row.stac_id, "user_id": row.user_id, "title": row.title}
    return c.DatasetBuildFailed(**fact, reason=reason)


def last_heartbeat(row: DatasetRow) -> datetime:
    return row.beat_at or row.last_modified


def _request_problems(command: c.BuildDataset, rules: ImageryRules) -> Problems:
    classes = [(entry.name, list(map(str, entry.classes))) for entry in command.label_classes]
    problems = build_problems(
        command.title, command.description, command.aoi_ids, command.label_tasks, classes, command.keywords
    )
    if problem := rules.imagery_problem(command.source_imagery, command.zoom):
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
    row.status, row.error, row.waiting = "building", "", None
    _start(row, tx)


def _start(row: DatasetRow, tx: Tx) -> None:
    tx.emit(c.DatasetBuildRequested(dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title))
    send_job(row, tx)


def send_job(row: DatasetRow, tx: Tx) -> None:
    """Sends the job of a new build."""
    row.build, row.delivery, row.beat_at, row.last_modified = row.build + 1, 0, None, datetime.now(UTC)
    tx.emit(c.DatasetBuildJob(dataset_id=row.id, user_id=row.user_id, build=row.build))
