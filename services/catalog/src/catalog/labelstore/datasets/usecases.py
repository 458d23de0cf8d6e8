from datetime import UTC, datetime

from sqlalchemy import func, select

from catalog.labelstore.campaigns import usecases as campaigns
from catalog.labelstore.campaigns.queries import present_campaign
from catalog.labelstore.campaigns.tables import CampaignRow
from catalog.labelstore.campaigns.visibility import lock_campaign
from catalog.labelstore.datasets.queries import present_export
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
        await _queue_version(row, None, tx, files)
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
    await _queue_version(row, command.split and command.split.model_dump(), tx, files)
    return await present_campaign(row.id, tx.session)


async def _queue_version(campaign: CampaignRow, split: Json | None, tx: Tx, files: LabelFiles) -> None:
    newest = select(func.max(LabelDatasetRow.version)).where(LabelDatasetRow.campaign_id == campaign.id)
    version = (await tx.session.scalar(newest) or 0) + 1
    row = LabelDatasetRow(
        campaign_id=campaign.id, version=version, split_rule=split or campaign.split,
        uri=files.storage.uri(files.dataset(campaign.title, version)),
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    tx.emit(c.LabelDatasetExportRequested(dataset_id=row.id, campaign_id=campaign.id, version=version))
    tx.emit(c.MakeLabelDatasetJob(dataset_id=row.id))


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
