"""Access to one campaign: the role is checked before the campaign is looked for, so that only those who may use it
learn whether it exists."""

from catalog.labelstore.campaigns.tables import CampaignRow
from catalog.labelstore.users.visibility import Principal, principal_of
from kit.errors import NotFound
from kit.messaging.tx import ReadTx, Tx


async def admin_campaign(campaign_id: int, read: ReadTx | Tx) -> CampaignRow:
    """Raises Forbidden, then NotFound."""
    (await principal_of(read.actor, read.session)).require_admin()
    return _found(await read.session.get(CampaignRow, campaign_id), campaign_id)


async def labeler_campaign(campaign_id: int, read: ReadTx | Tx) -> tuple[Principal, CampaignRow]:
    """Raises Forbidden, then NotFound."""
    caller = await principal_of(read.actor, read.session)
    caller.require_labeler(campaign_id)
    return caller, _found(await read.session.get(CampaignRow, campaign_id), campaign_id)


async def lock_campaign(campaign_id: int, tx: Tx) -> CampaignRow:
    """Locks the campaign. Raises NotFound."""
    row = await tx.session.get(CampaignRow, campaign_id, with_for_update=True, populate_existing=True)
    return _found(row, campaign_id)


def _found(row: CampaignRow | None, campaign_id: int) -> CampaignRow:
    if row is None:
        raise NotFound("not_found", f"There is no campaign {campaign_id}.")
    return row
