"""Work is handed out by lease: an image is with one labeller until he submits it, gives it back, or time is up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.campaigns.visibility import labeler_campaign
from catalog.labelstore.objects.queries import CURRENT, OBJECT, all_of
from catalog.labelstore.objects.tables import PredictionRow
from catalog.labelstore.objects.usecases import require_active
from catalog.labelstore.users.visibility import Principal
from contracts.catalog import label_campaigns as c
from contracts.shared import Json
from kit.messaging.tx import Tx


async def lease_images(command: c.LeaseImages, tx: Tx) -> Json:
    caller, campaign = await _working_at(command.campaign_id, tx)
    now = datetime.now(UTC)
    until = now + timedelta(minutes=command.minutes)
    ids = list((await tx.session.scalars(_next_images(campaign, caller, command.count, now, tx))).all())
    await _set_lease(CampaignImageRow.id == func.any(ids), tx.actor.id, until, tx)
    return {"tasks": await _tasks(ids, until, tx)}


async def _working_at(campaign_id: int, tx: Tx) -> tuple[Principal, CampaignRow]:
    caller, campaign = await labeler_campaign(campaign_id, tx)
    require_active(campaign)
    return caller, campaign


def _next_images(campaign: CampaignRow, caller: Principal, count: int, now: datetime, tx: Tx):
    """Locks the images that come next; those that somebody else takes at this moment are left out."""
    mine, row = tx.actor.id, CampaignImageRow
    is_rejected = row.review == "rejected"
    is_open = and_(row.labeled.is_(False), row.review != "rejected")
    own_rejected = is_rejected if caller.is_admin else and_(is_rejected, row.submitted_by == mine)
    is_free = or_(row.leased_until.is_(None), row.leased_until <= now, row.leased_by == mine)
    order = case((and_(row.leased_by == mine, row.leased_until > now), 0), (is_rejected, 1), else_=2)
    return (
        select(row.id)
        .where(row.campaign_id == campaign.id, or_(is_open, own_rejected), is_free)
        .order_by(order, row.uncertainty.desc().nulls_last(), row.id)
        .limit(count)
        .with_for_update(skip_locked=True)
    )


async def _set_lease(which: ColumnElement[bool], by: int | None, until: datetime | None, tx: Tx) -> list[int]:
    change = update(CampaignImageRow).where(which).values(leased_by=by, leased_until=until)
    returning = change.returning(CampaignImageRow.image_id).execution_options(synchronize_session=False)
    return list((await tx.session.scalars(returning)).all())


async def _tasks(ids: Sequence[int], until: datetime, tx: Tx) -> list[Json]:
    row = CampaignImageRow
    said = select(all_of(OBJECT)).where(CURRENT).correlate(row).scalar_subquery()
    predicted = select(PredictionRow.objects).where(PredictionRow.campaign_image_id == row.id)
    draft = case((row.review == "rejected", said), else_=predicted.correlate(row).scalar_subquery())
    columns = select(row.id, row.image_id, row.comment, draft).where(row.id == func.any(list(ids)))
    found = {row[0]: row for row in (await tx.session.execute(columns)).all()}
    return [
        c.LeasedTask(
            image_id=image_id, url=f"/images/{image_id}", lease_expires_at=until, draft=objects or [], comment=comment
        ).model_dump(mode="json")
        for _, image_id, comment, objects in (found[one] for one in ids)
    ]  # fmt: skip


def _own(campaign_id: int, ids: Sequence[int], tx: Tx) -> ColumnElement[bool]:
    return and_(
        CampaignImageRow.campaign_id == campaign_id, CampaignImageRow.image_id == func.any(list(ids)),
        CampaignImageRow.leased_by == tx.actor.id, CampaignImageRow.leased_until > datetime.now(UTC),
    )  # fmt: skip


async def renew_leases(command: c.RenewLeases, tx: Tx) -> Json:
    await _working_at(command.campaign_id, tx)
    until = datetime.now(UTC) + timedelta(minutes=command.minutes)
    kept = await _set_lease(_own(command.campaign_id, command.image_ids, tx), tx.actor.id, until, tx)
    return {"lease_expires_at": until.isoformat().replace("+00:00", "Z"), "image_ids": sorted(kept)}


async def release_leases(command: c.ReleaseLeases, tx: Tx) -> None:
    await _working_at(command.campaign_id, tx)
    await _set_lease(_own(command.campaign_id, command.image_ids, tx), None, None, tx)
