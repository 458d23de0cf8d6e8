"""The public catalogue holds the items of public rows only: a change of visibility moves the items of a row."""

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from catalog.item_privacy.queries import private_datasets_in_public, private_models_in_public
from catalog.stac.names import mlm_name
from catalog.stac.ports import StacItems
from catalog.stac.versions import version_of
from catalog.stac.vocabulary import DATASETS, LOCAL_MODELS
from kit.db.database import Database
from kit.errors import DomainError

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("catalog.stac")
RETRY_DELAYS = (1, 2, 5, 10, 30)
"""Seconds."""


async def move_dataset(stac_id: str, api: StacItems) -> None:
    """Moves the active version and the copies of earlier ones."""
    active = await api.get(DATASETS, stac_id)
    earlier = range(1, version_of(active)) if active else ()
    await _move(DATASETS, [stac_id, *(f"{stac_id}-v{number}" for number in earlier)], api)


async def move_local_model(name: str, api: StacItems) -> None:
    """Moves the items of all its versions."""
    items = await api.named(LOCAL_MODELS, "mlm:name", mlm_name(name), deprecated=True)
    await _move(LOCAL_MODELS, [item["id"] for item in items], api)


async def _move(collection: str, item_ids: Iterable[str], api: StacItems) -> None:
    for item_id in item_ids:
        await api.move(collection, item_id)


def withdraw_private_items(api: StacItems):
    """Returns a loop of the service. After each start it removes the items of private rows from the public catalogue,
    where earlier releases wrote them; it retries until the catalogue answers."""

    async def withdraw(service: "Service") -> None:
        attempt = 0
        while api.root and not await _withdrawn(api, service.db):
            await asyncio.sleep(RETRY_DELAYS[min(attempt, len(RETRY_DELAYS) - 1)])
            attempt += 1
        await asyncio.Event().wait()

    return withdraw


async def _withdrawn(api: StacItems, db: Database) -> bool:
    try:
        for stac_id in await private_datasets_in_public(db):
            await move_dataset(stac_id, api)
        for name in await private_models_in_public(db):
            await move_local_model(name, api)
    except DomainError as error:
        log.warning("stac.private_items_public", extra={"fields": {"reason": str(error)}})
        return False
    return True
