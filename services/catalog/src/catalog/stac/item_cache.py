"""Caches the `stac` part of representations (`?expand=stac`): one search per page, cached in this process."""

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from nats.aio.msg import Msg

from catalog.stac.ports import ExpandedItems, StacItems
from contracts.catalog.stac import StacItemDeleted, StacItemWritten
from kit.errors import Internal
from kit.process.bulkhead import Bulkhead

if TYPE_CHECKING:
    from kit.app import Service

MAX_ITEMS = 5_000
CALLS, QUEUE = 8, 8
"""Concurrent searches, and searches that wait for one of them."""
PARTS = ("geometry", "assets", "properties")


class ItemCache(ExpandedItems):
    """`invalidated` is a loop of the service: each process receives every change, also of other processes."""

    def __init__(self, api: StacItems, ttl: float) -> None:
        self.api, self.ttl = api, ttl
        self.host = urlsplit(api.root).netloc
        self._bulkhead = Bulkhead("The STAC catalogue", CALLS, QUEUE)
        self._kept: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}

    async def of(self, collection: str, item_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Returns the `stac` parts by item id. Raises Internal when an item is absent, Unavailable when the
        catalogue is down."""
        wanted = dict.fromkeys(filter(None, item_ids))
        found = {item_id: facet for item_id in wanted if (facet := self._fresh(collection, item_id))}
        missing = [item_id for item_id in wanted if item_id not in found]
        if missing:
            found |= await self._fetched(collection, missing)
        return found

    async def expand(self, collection: str, rows: list[dict[str, Any]], key: str = "stac_item_id") -> None:
        """Sets `stac` of each row; None for rows without an item."""
        found = await self.of(collection, [row[key] for row in rows])
        for row in rows:
            row["stac"] = found.get(row[key])

    def drop(self, collection: str, item_id: str) -> None:
        self._kept.pop((collection, item_id), None)

    async def _fetched(self, collection: str, item_ids: list[str]) -> dict[str, dict[str, Any]]:
        async with self._bulkhead.slot():
            items = await self.api.by_ids(collection, item_ids)
        found = {item["id"]: self._facet(item) for item in items}
        absent = [item_id for item_id in item_ids if item_id not in found]
        if absent:
            raise Internal("stac_item_missing", f"The STAC catalogue does not hold {', '.join(absent)}.")
        if len(self._kept) > MAX_ITEMS:
            self._kept.clear()
        until = time.monotonic() + self.ttl
        self._kept.update({(collection, item_id): (until, facet) for item_id, facet in found.items()})
        return found

    def _fresh(self, collection: str, item_id: str) -> dict[str, Any] | None:
        until, facet = self._kept.get((collection, item_id), (0.0, None))
        return facet if until > time.monotonic() else None

    def _facet(self, item: dict[str, Any]) -> dict[str, Any]:
        properties = item["properties"]
        said = {name: properties.get(name) for name in ("description", "datetime")}
        links = [link for link in item.get("links", ()) if not self.host or urlsplit(link["href"]).netloc != self.host]
        return {**said, **{part: item.get(part) for part in PARTS}, "links": links}

    async def invalidated(self, service: "Service") -> None:
        """Subscribes without a durable, which would reach one replica only."""
        for event in (StacItemWritten, StacItemDeleted):
            await service.nc.subscribe(event.subject(), cb=self._on_change)
        await asyncio.Event().wait()

    async def _on_change(self, msg: Msg) -> None:
        change = orjson.loads(msg.data)
        self.drop(change["collection"], change["item_id"])
