"""Creates the collections at the start of the service."""

import asyncio
import logging
from typing import TYPE_CHECKING

from catalog.stac.client import StacClient
from kit.errors import DomainError

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("catalog.stac")
RETRY_DELAYS = (1, 2, 5, 10, 30)


def ensure_collections(api: StacClient):
    """Returns a loop of the service. It retries until the collections exist, so that STAC may start later."""

    async def ensure(_service: "Service") -> None:
        attempt = 0
        while api.root and not await _ensured(api):
            await asyncio.sleep(RETRY_DELAYS[min(attempt, len(RETRY_DELAYS) - 1)])
            attempt += 1
        await asyncio.Event().wait()

    return ensure


async def _ensured(api: StacClient) -> bool:
    try:
        await api.ensure_collections()
    except DomainError as error:
        log.warning("stac.collections_missing", extra={"fields": {"reason": str(error)}})
        return False
    return True
