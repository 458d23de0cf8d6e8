from contracts.notify.channels import Channel, FindChannel, FoundChannels, ListRecentChannels, SearchChannels
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from notify.channels.series import queries
from notify.settings import Settings

router = Router("notify")


@router.on(SearchChannels)
async def search_channels(query: SearchChannels, read: ReadTx) -> FoundChannels:
    return await queries.search(query, read)


@router.on(ListRecentChannels)
async def list_recent_channels(query: ListRecentChannels, read: ReadTx) -> FoundChannels:
    return await queries.list_recent(read)


@router.on(FindChannel)
async def find_channel(query: FindChannel, read: ReadTx, settings: Settings) -> Channel:
    return await queries.find(query.channel_name, query.backend, settings.channel_default_backend, read)
