"""What the service does about STAC at its start."""

import asyncio
import logging
from typing import TYPE_CHECKING

from catalog.stac.api import StacApi
from kit.errors import DomainError

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("catalog.stac")
PAUSES = (1, 2, 5, 10, 30)


def collections_ensured(api: StacApi):
    """A loop: tries until the three collections are there, so that STAC may come up after us; then stays idle."""

    async def ensure(_service: "Service") -> None:
        attempt = 0
        while api.root and not await _ensured(api):
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1
        await asyncio.Event().wait()

    return ensure


async def _ensured(api: StacApi) -> bool:
    try:
        await api.ensure_collections()
    except DomainError as error:
        log.warning("stac.collections_missing", extra={"facts": {"reason": str(error)}})
        return False
    return True
