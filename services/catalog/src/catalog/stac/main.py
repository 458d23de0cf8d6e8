"""How STAC hangs on the service."""

from catalog.stac.api import StacApi
from catalog.stac.boot import collections_ensured
from catalog.stac.facets import Facets
from catalog.stac.pgstac import following
from catalog.stac.settings import StacSettings
from catalog.stac.turns import turns
from kit.app import Service


def attach(service: Service, settings: StacSettings) -> tuple[StacApi, Facets]:
    """Provides `StacApi` and `Facets`, and the loops that keep them true."""
    key = settings.stac_key.get_secret_value() if settings.stac_key else None
    api = StacApi(settings.stac_url, key, turns(service.db))
    facets = Facets(api, settings.stac_cache_ttl)
    service.provides += [api, facets]
    service.loops += [collections_ensured(api), facets.invalidated]
    if settings.stac_database_url:
        service.loops.append(following(settings.stac_database_url.get_secret_value()))
    return api, facets
