"""Work is handed out by lease: an image is with one labeller until he submits it, gives it back, or time is up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import SystemRandom

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.campaigns.visibility import labeler_campaign
from catalog.labelstore.objects import teams
from catalog.labelstore.objects.queries import CURRENT, OBJECT, all_of
from catalog.labelstore.objects.tables import PredictionRow
from catalog.labelstore.objects.usecases import require_active
from catalog.labelstore.users.visibility import Principal
from contracts.catalog import label_campaigns as c
from contracts.shared import Json
from kit.messaging.tx import Tx

SHARED_LEASES = 0x1EA5E
"""Lock that leases of one campaign take one after the other: they count each other."""
TRUTH_SHARE = 0.15
"""Part of the work that reference images are, as long as there are any."""
_RANDOM = SystemRandom()


async def lease_images(command: c.LeaseImages, tx: Tx) -> Json:
    caller, campaign = await _working_at(command.campaign_id, tx)
    now = datetime.now(UTC)
    until = now + timedelta(minutes=command.minutes)
    if campaign.overlap > 1:
        await tx.session.execute(select(func.pg_advisory_xact_lock(SHARED_LEASES, func.hashint8(campaign.id))))
    shared = await _shared(campaign, command.count, now, tx)
    own: list[int] = []
    if campaign.overlap == 1:
        left = command.count - len(shared)
        own = await _next_images(campaign, caller, left, now, tx)
    if len(shared) + len(own) < command.count:
        shared += await _truths(campaign, command.count - len(own) - len(shared), shared, tx)
    await _set_lease(CampaignImageRow.id == func.any(own), tx.actor.id, until, tx)
    await teams.lease(shared, caller.name, until, tx)
    return {"tasks": await _tasks(_mixed(own, shared), until, tx)}


async def _shared(campaign: CampaignRow, count: int, now: datetime, tx: Tx) -> list[int]:
    """Returns images that several people answer, and now and then a reference image among them."""
    hidden = sum(_RANDOM.random() < TRUTH_SHARE for _ in range(count))
    truths = await _truths(campaign, hidden, (), tx)
    if campaign.overlap == 1:
        return truths
    return [*await teams.next_shared(campaign, count - len(truths), now, tx), *truths]


async def _truths(campaign: CampaignRow, count: int, but: Sequence[int], tx: Tx) -> list[int]:
    """Returns reference images that the caller has not answered."""
    if count < 1:
        return []
    found = await teams.next_truths(campaign, count + len(but), tx)
    return [one for one in found if one not in but][:count]


def _mixed(own: list[int], shared: list[int]) -> list[int]:
    """Keeps the order of each, and does not give away which images are reference images."""
    places = sorted(_RANDOM.sample(range(len(own) + len(shared)), len(shared)))
    mixed = list(own)
    for place, one in zip(places, shared, strict=True):
        mixed.insert(place, one)
    return mixed


async def _working_at(campaign_id: int, tx: Tx) -> tuple[Principal, CampaignRow]:
    caller, campaign = await labeler_campaign(campaign_id, tx)
    require_active(campaign)
    return caller, campaign


async def _next_images(campaign: CampaignRow, caller: Principal, count: int, now: datetime, tx: Tx) -> list[int]:
    """Locks the images that come next: his own leases, what was sent back to him, then open ones, the most uncertain
    first. Those that somebody else takes at this moment are left out. Each part is found by an index."""
    mine, row = tx.actor.id, CampaignImageRow
    work = select(row.id).where(row.campaign_id == campaign.id, row.truth_id.is_(None))
    is_open = and_(row.labeled.is_(False), row.review == "open")
    rejected = work.where(row.review == "rejected").order_by(row.id)
    free = or_(row.leased_until.is_(None), row.leased_until <= now)
    parts = (
        work.where(row.leased_by == mine, row.leased_until > now, row.labeled.is_(False)).order_by(row.id),
        (rejected if caller.is_admin else rejected.where(row.submitted_by == mine)).where(free),
        work.where(is_open, free).order_by(row.uncertainty.desc().nulls_last(), row.id),
    )
    found: list[int] = []
    for part in parts:
        if len(found) < count:
            locked = part.limit(count - len(found)).with_for_update(skip_locked=True)
            found += (await tx.session.scalars(locked)).all()
    return found


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
    kept += await teams.set_leases(command.campaign_id, command.image_ids, until, tx)
    return {"lease_expires_at": until.isoformat().replace("+00:00", "Z"), "image_ids": sorted(kept)}


async def release_leases(command: c.ReleaseLeases, tx: Tx) -> None:
    await _working_at(command.campaign_id, tx)
    await _set_lease(_own(command.campaign_id, command.image_ids, tx), None, None, tx)
    await teams.set_leases(command.campaign_id, command.image_ids, None, tx)
