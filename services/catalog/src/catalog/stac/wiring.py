"""What the service provides of the STAC catalogue."""

from catalog.stac.change_feed import follow_changes
from catalog.stac.client import StacClient
from catalog.stac.ensure_collections import ensure_collections
from catalog.stac.item_cache import ItemCache
from catalog.stac.item_lock import lock_items
from catalog.stac.private import PrivateItems
from catalog.stac.settings import StacSettings
from kit.app import Service


def register(
    service: Service, settings: StacSettings, private: PrivateItems, address: str | None
) -> tuple[StacClient, ItemCache]:
    """`address`: public address of our API. Provides `StacClient` and `ItemCache`, and the loops that update them."""
    key = settings.stac_key.get_secret_value() if settings.stac_key else None
    api = StacClient(settings.stac_url, key, lock_items(service.db), private, address)
    item_cache = ItemCache(api, settings.stac_cache_ttl)
    service.provides += [api, item_cache]
    service.loops += [ensure_collections(api), item_cache.invalidated]
    if settings.stac_database_url:
        service.loops.append(follow_changes(settings.stac_database_url.get_secret_value()))
    return api, item_cache
