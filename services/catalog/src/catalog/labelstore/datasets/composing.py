"""Versions that are composed of several campaigns."""

from sqlalchemy import func, select

from catalog.labelstore.campaigns.tables import CampaignRow
from catalog.labelstore.datasets.queries import present_dataset
from catalog.labelstore.datasets.tables import LabelDatasetRow
from catalog.labelstore.datasets.usecases import queue_version
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.names import name_problem
from catalog.labelstore.users.visibility import principal_of
from catalog.shared.job_claim import UNFINISHED
from contracts.catalog import label_datasets as c
from contracts.shared import Json
from kit.errors import Conflict, NotFound, Unprocessable
from kit.messaging.tx import Tx


async def compose_dataset(command: c.ComposeLabelDataset, tx: Tx, files: LabelFiles) -> Json:
    caller = await principal_of(tx.actor, tx.session)
    caller.require_admin()
    if problem := name_problem(command.title):
        raise Unprocessable("invalid_name", problem)
    await _refuse_taken_title(command.title, tx)
    await _refuse_unfinished([part.campaign_id for part in command.composition.parts], tx)
    composition = command.composition.model_copy(update={"created_by": caller.name})
    row = await queue_version(
        command.title, tx, files, composed_of=composition.model_dump(mode="json"),
        split_rule=command.split and command.split.model_dump(),
    )  # fmt: skip
    return await present_dataset(row.id, tx.session)


async def _refuse_taken_title(title: str, tx: Tx) -> None:
    """Files and items of a campaign's versions have its title."""
    same = func.lower(CampaignRow.title) == title.lower()
    if await tx.session.scalar(select(CampaignRow.id).where(same)):
        raise Conflict("conflict", f'"{title}" is the title of a campaign; give the dataset a title of its own.')
    await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(title.lower(), 0))))
    busy = select(LabelDatasetRow.id).where(func.lower(LabelDatasetRow.title) == title.lower())
    if await tx.session.scalar(busy.where(LabelDatasetRow.state.in_(UNFINISHED))):
        raise Conflict("conflict", f'A version of "{title}" is queued or running already.')


async def _refuse_unfinished(ids: list[int], tx: Tx) -> None:
    found = select(CampaignRow.id, CampaignRow.status).where(CampaignRow.id == func.any(ids))
    known = dict((await tx.session.execute(found)).tuples().all())
    for campaign_id in ids:
        if campaign_id not in known:
            raise NotFound("not_found", f"There is no campaign {campaign_id}.")
        if known[campaign_id] != "finished":
            text = f'Campaign {campaign_id} is "{known[campaign_id]}"; a dataset is made of it when it is "finished".'
            raise Conflict("conflict", text)
