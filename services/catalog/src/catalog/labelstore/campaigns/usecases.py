from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from catalog.labelstore.campaigns import domain
from catalog.labelstore.campaigns.queries import datasets, present_campaign
from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.campaigns.visibility import lock_campaign
from catalog.labelstore.images.references import ids_of
from catalog.labelstore.names import name_problem
from catalog.labelstore.taxonomies.tables import TaxonomyRow
from catalog.labelstore.users.domain import CAMPAIGN, LABELER, is_email
from catalog.labelstore.users.queries import by_email
from catalog.labelstore.users.tables import LabelRoleRow
from catalog.labelstore.users.usecases import new_user, set_key
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_campaigns as c
from contracts.catalog.label_users import LabelUserChanged
from contracts.shared import Json
from kit.errors import Conflict, Invalid, Unprocessable
from kit.messaging.tx import Tx

OK = "ok"
ROWS_PER_INSERT = 5000


async def create_campaign(command: c.CreateCampaign, tx: Tx) -> Json:
    caller = await principal_of(tx.actor, tx.session)
    caller.require_admin()
    await _refuse_problems(command, tx)
    row = CampaignRow(
        title=command.title, details=command.metadata, label_translations=command.label_translations,
        apply_label_translations=command.apply_label_translations, uses_leases=command.uses_leases,
        review=command.review, split=command.split and command.split.model_dump(), created_by=caller.name,
        overlap=command.overlap, consensus=command.consensus and command.consensus.model_dump(),
        taxonomy_id=command.taxonomy_id,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    labeler = await _labeler(command, row.id, tx)
    tx.emit(c.CampaignWasCreated(campaign_id=row.id, title=row.title))
    return {**await present_campaign(row.id, tx.session), "labeler": labeler.model_dump()}


async def _refuse_problems(command: c.CreateCampaign, tx: Tx) -> None:
    if not is_email(command.labeler_email):
        problem = "An e-mail address has something before and after one @."
        raise Invalid("invalid_request", problem, labeler_email=[problem])
    same = select(CampaignRow.id).where(func.lower(CampaignRow.title) == func.lower(command.title))
    if await tx.session.scalar(same):
        raise Conflict("conflict", f'There is a campaign with the title "{command.title}" already.')
    composed = select(datasets.c.id).where(func.lower(datasets.c.title) == func.lower(command.title))
    if await tx.session.scalar(composed.limit(1)):
        raise Conflict("conflict", f'"{command.title}" is the title of a composed dataset; take another one.')
    if problem := name_problem(command.title):
        raise Unprocessable("invalid_name", problem)
    if problem := domain.translation_problem(command.label_translations, command.apply_label_translations):
        raise Unprocessable("invalid_value", problem)
    if command.taxonomy_id is not None and await tx.session.get(TaxonomyRow, command.taxonomy_id) is None:
        raise Unprocessable("invalid_value", f"There is no taxonomy {command.taxonomy_id}.")
    if command.split and not command.split.train + command.split.val + command.split.test > 0:
        raise Unprocessable("invalid_value", "A split has a fraction that is greater than 0.")


async def _labeler(command: c.CreateCampaign, campaign_id: int, tx: Tx) -> c.LabelerKey:
    """Finds or creates the labeller and gives it the role."""
    user = await tx.session.scalar(by_email(command.labeler_email).with_for_update())
    if user is None:
        user = new_user(command.labeler_email, None)
        tx.session.add(user)
        await tx.session.flush()
    issued = user.api_key is None
    if issued:
        set_key(user, command.key, tx)
    role = LabelRoleRow(user_id=user.id, role=LABELER, subject_type=CAMPAIGN, subject_id=campaign_id)
    tx.session.add(role)
    tx.emit(LabelUserChanged(user_id=user.id))
    await tx.session.flush()
    return c.LabelerKey(apikey=user.api_key, issued=issued)


async def change_campaign(command: c.ChangeCampaign, tx: Tx) -> CampaignRow:
    """Returns the campaign in its new state; whoever makes datasets queues the export of a finished one."""
    caller = await principal_of(tx.actor, tx.session)
    caller.require_admin()
    row = await lock_campaign(command.campaign_id, tx)
    move(row, command.new_status, "request", caller.name, tx)
    return row


def move(row: CampaignRow, status: c.CampaignStatus, cause: Literal["request", "auto"], by: str, tx: Tx) -> None:
    """Changes the status of a locked campaign. Raises Conflict for a transition that does not exist."""
    found = domain.transition(row.status, status, datetime.now(UTC))
    if isinstance(found, str):
        raise Conflict("conflict", found)
    event = {"campaign_id": row.id, "from_status": row.status, "to_status": status, "cause": cause, "by": by}
    row.status = found.status
    for name, value in found.dates.items():
        setattr(row, name, value)
    tx.emit(c.CampaignStatusChanged.model_validate(event))


async def complete_when_done(row: CampaignRow, by: str, tx: Tx) -> None:
    """Completes a locked, active campaign all of whose images are labelled, or accepted where they are reviewed."""
    if row.status != "active" or not row.image_count:
        return
    is_open = CampaignImageRow.review != "accepted" if row.review else CampaignImageRow.labeled.is_(False)
    left = select(CampaignImageRow.id).where(CampaignImageRow.campaign_id == row.id, is_open).limit(1)
    if await tx.session.scalar(left) is None:
        move(row, "completed", "auto", by, tx)


async def add_campaign_images(command: c.AddCampaignImages, tx: Tx) -> str:
    (await principal_of(tx.actor, tx.session)).require_admin()
    row = await lock_campaign(command.campaign_id, tx)
    if row.status != "created":
        raise Conflict("conflict", f'Campaign {row.id} is "{row.status}"; images can be added while it is "created".')
    ids = list(dict.fromkeys(await ids_of(command.images, tx.session)))
    for start in range(0, len(ids), ROWS_PER_INSERT):
        rows = [{"campaign_id": row.id, "image_id": image_id} for image_id in ids[start : start + ROWS_PER_INSERT]]
        added = insert(CampaignImageRow).values(rows).on_conflict_do_nothing().returning(CampaignImageRow.id)
        row.image_count += len((await tx.session.scalars(added)).all())
    return OK
