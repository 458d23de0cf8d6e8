from catalog.labelstore.campaigns import queries, usecases
from contracts.catalog import label_campaigns as c
from contracts.shared import Json
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateCampaign)
async def create_campaign(command: c.CreateCampaign, tx: Tx) -> Json:
    return await usecases.create_campaign(command, tx)


@router.on(c.AddCampaignImages)
async def add_campaign_images(command: c.AddCampaignImages, tx: Tx) -> str:
    return await usecases.add_campaign_images(command, tx)


@router.on(c.GetCampaign)
async def get_campaign(query: c.GetCampaign, read: ReadTx) -> Json:
    return await queries.get_campaign(query.campaign_id, read)


@router.on(c.ListCampaigns)
async def list_campaigns(query: c.ListCampaigns, read: ReadTx) -> bytes:
    return await queries.list_campaigns(query, read)


@router.on(c.ListCampaignImages)
async def list_campaign_images(query: c.ListCampaignImages, read: ReadTx) -> bytes:
    return await queries.list_campaign_images(query, read)
