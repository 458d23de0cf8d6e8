"""The `stac` part of representations (`?expand=stac`): one search for a page, kept for a while in this process."""

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from nats.aio.msg import Msg

from catalog.stac.api import StacApi
from contracts.catalog.stac import StacItemDeleted, StacItemWritten
from kit.errors import Internal

if TYPE_CHECKING:
    from kit.app import Service

MOST_KEPT = 5_000
PARTS = ("geometry", "assets", "properties")


class Facets:
    """`invalidated` is a loop of the service: each process hears every change, whoever made it."""

    def __init__(self, api: StacApi, ttl: float) -> None:
        self.api, self.ttl = api, ttl
        self.host = urlsplit(api.root).netloc
        self._kept: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}

    async def of(self, collection: str, item_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Facets by item id. Internal when an item is absent, Unavailable when the catalogue is: never a part."""
        wanted = dict.fromkeys(filter(None, item_ids))
        found = {item_id: facet for item_id in wanted if (facet := self._fresh(collection, item_id))}
        missing = [item_id for item_id in wanted if item_id not in found]
        if missing:
            found |= await self._fetched(collection, missing)
        return found

    async def expand(self, collection: str, rows: list[dict[str, Any]], key: str = "stac_item_id") -> None:
        """Fills `stac` of each row in place; rows without an item keep None."""
        facets = await self.of(collection, [row[key] for row in rows])
        for row in rows:
            row["stac"] = facets.get(row[key])

    def drop(self, collection: str, item_id: str) -> None:
        self._kept.pop((collection, item_id), None)

    async def _fetched(self, collection: str, item_ids: list[str]) -> dict[str, dict[str, Any]]:
        items = await self.api.search(collection, ids=item_ids)
        found = {item["id"]: self._facet(item) for item in items}
        absent = [item_id for item_id in item_ids if item_id not in found]
        if absent:
            raise Internal("stac_item_missing", f"The STAC catalogue does not hold {', '.join(absent)}.")
        if len(self._kept) > MOST_KEPT:
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
        """Listens beside the stream's durables, because a durable reaches one replica only."""
        for event in (StacItemWritten, StacItemDeleted):
            await service.nc.subscribe(event.subject(), cb=self._on_change)
        await asyncio.Event().wait()

    async def _on_change(self, msg: Msg) -> None:
        change = orjson.loads(msg.data)
        self.drop(change["collection"], change["item_id"])
