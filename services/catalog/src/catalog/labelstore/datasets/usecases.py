from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from catalog.labelstore.campaigns import usecases as campaigns
from catalog.labelstore.campaigns.queries import present_campaign
from catalog.labelstore.campaigns.visibility import lock_campaign
from catalog.labelstore.datasets.queries import present_export
from catalog.labelstore.datasets.sources import composition_of
from catalog.labelstore.datasets.tables import LabelDatasetRow, LabelExportRow
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.users.visibility import principal_of
from catalog.shared.job_claim import UNFINISHED
from contracts.catalog import label_datasets as c
from contracts.catalog.label_campaigns import ChangeCampaign
from contracts.shared import Json
from kit.errors import Conflict, NotFound
from kit.messaging.tx import Tx


async def change_campaign(command: ChangeCampaign, tx: Tx, files: LabelFiles) -> str:
    """A campaign that is finished queues its first dataset version in the same transaction."""
    row = await campaigns.change_campaign(command, tx)
    if row.status == "finished":
        await queue_version(row.title, tx, files, campaign_id=row.id, split_rule=row.split)
    return campaigns.OK


async def export_campaign(command: c.ExportCampaign, tx: Tx, files: LabelFiles) -> Json:
    (await principal_of(tx.actor, tx.session)).require_admin()
    row = await lock_campaign(command.campaign_id, tx)
    if row.status != "finished":
        raise Conflict("conflict", f'Campaign {row.id} is "{row.status}"; a dataset is made when it is "finished".')
    busy = select(LabelDatasetRow.id).where(
        LabelDatasetRow.campaign_id == row.id, LabelDatasetRow.state.in_(UNFINISHED)
    )  # fmt: skip
    if await tx.session.scalar(busy):
        raise Conflict("conflict", f"An export of campaign {row.id} is queued or running already.")
    split = command.split.model_dump() if command.split else row.split
    await queue_version(row.title, tx, files, campaign_id=row.id, split_rule=split)
    return await present_campaign(row.id, tx.session)


async def queue_version(title: str, tx: Tx, files: LabelFiles, **values: Any) -> LabelDatasetRow:
    newest = select(func.max(LabelDatasetRow.version)).where(func.lower(LabelDatasetRow.title) == title.lower())
    version = (await tx.session.scalar(newest) or 0) + 1
    row = LabelDatasetRow(
        title=title, version=version, uri=files.storage.uri(files.dataset(title, version)), requested_by=tx.actor.id,
        **values,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    tx.emit(c.LabelDatasetExportRequested(**event_fields(row)))
    tx.emit(c.MakeLabelDatasetJob(dataset_id=row.id))
    return row


def event_fields(row: LabelDatasetRow) -> dict[str, Any]:
    """Returns what every event of a version says of it."""
    ids = [part.campaign_id for part in composition_of(row).parts]
    by = row.requested_by
    return {
        "dataset_id": row.id, "campaign_id": ids[0], "campaign_ids": list(dict.fromkeys(ids)), "version": row.version,
        "user_id": by if by is not None and by > 0 else None,
    }  # fmt: skip


async def create_label_export(command: c.CreateLabelExport, tx: Tx) -> Json:
    (await principal_of(tx.actor, tx.session)).require_admin()
    dataset = await tx.session.get(LabelDatasetRow, command.dataset_id, with_for_update=True)
    if dataset is None:
        raise NotFound("not_found", f"There is no dataset {command.dataset_id}.")
    if dataset.state != "done":
        raise Conflict("conflict", f"Dataset {dataset.id} is {dataset.state}; it can be exported when it is done.")
    same = select(LabelExportRow).where(
        LabelExportRow.dataset_id == dataset.id, LabelExportRow.format == command.format
    )  # fmt: skip
    row = await tx.session.scalar(same)
    if row is None:
        row = LabelExportRow(dataset_id=dataset.id, format=command.format)
        tx.session.add(row)
        await tx.session.flush()
        tx.emit(c.WriteLabelExportJob(export_id=row.id))
    elif row.state == "failed":
        restart_export(row, tx)
    await tx.session.flush()
    return await present_export(row.id, tx.session)


def restart_export(row: LabelExportRow, tx: Tx) -> None:
    row.state, row.error, row.delivery, row.beat_at = "queued", None, 0, None
    row.updated_at = datetime.now(UTC)
    tx.emit(c.WriteLabelExportJob(export_id=row.id))


def restart_dataset(row: LabelDatasetRow, tx: Tx) -> None:
    row.state, row.delivery, row.beat_at, row.updated_at = "queued", 0, None, datetime.now(UTC)
    tx.emit(c.MakeLabelDatasetJob(dataset_id=row.id))
