"""Client of the STAC API. Reads are public, writes use the Transactions extension with a bearer key."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import httpx

from catalog.stac.item_lock import ItemLock, lock_item
from catalog.stac.ports import StacItems
from catalog.stac.private import PrivateItems
from catalog.stac.restored import restored
from catalog.stac.vocabulary import EXTENSIONS, collection
from contracts import stac_schemas
from kit.errors import Misconfigured, Unavailable, Unprocessable
from kit.http.connections import IDLE, trusted

log = logging.getLogger("catalog.stac")
TIMEOUT = 30.0
KEPT = httpx.Limits(keepalive_expiry=IDLE)
PAGE, MAX_BYTES = 500, 64 << 20
"""Items of a page, and bytes of an answer."""
INFERRED = {"self", "collection", "root", "parent", "items"}
"""Link relations that the server adds itself."""


class StacClient(StacItems):
    """One instance per process. Raises Unavailable when the catalogue is down, Misconfigured without its address or
    with an invalid key; returns None for an absent item. Read and write an item within `lock(collection, id)`.

    Items of private rows are stored in `private` only; without it all items are public. `api` is the public address of
    our API, which serves the schemas of our items.
    """

    def __init__(
        self, root: str | None, key: str | None, lock: ItemLock = lock_item, private: PrivateItems | None = None,
        api: str | None = None,
    ) -> None:  # fmt: skip
        self.lock, self.private, self.api = lock, private, api
        self.root = (root or "").rstrip("/")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._search: Callable[..., Awaitable[list[dict[str, Any]]]] | None = None
        self.http = httpx.AsyncClient(headers=headers, timeout=TIMEOUT, limits=KEPT, verify=trusted(), trust_env=False)

    async def stop(self) -> None:
        await self.http.aclose()

    def href(self, collection_id: str, item_id: str) -> str:
        return f"{self.root}/collections/{collection_id}/items/{item_id}"

    async def get(self, collection_id: str, item_id: str) -> dict[str, Any] | None:
        return next(iter(await self.by_ids(collection_id, [item_id])), None)

    async def put(self, item: dict[str, Any]) -> None:
        """Creates or replaces the item in its collection. The visibility of its row decides where it is stored;
        during a move it is readable in at least one of the two stores."""
        body = self._written(item)
        if self.private and await self.private.claims(body):
            await self.private.put(body)
            return await self._delete_public(item["collection"], item["id"])
        await self._put_public(body)
        if self.private:
            await self.private.delete(item["collection"], item["id"])

    async def move(self, collection_id: str, item_id: str) -> None:
        """Writes the item again when it is not in the store that its row asks for."""
        async with self.lock(collection_id, item_id):
            item = await self.get(collection_id, item_id)
            if item and self.private:
                is_private = bool(await self.private.get(collection_id, item_id))
                if await self.private.claims(item) != is_private:
                    await self.put(item)

    async def delete(self, collection_id: str, item_id: str) -> None:
        """Deletes the item if it exists."""
        await self._delete_public(collection_id, item_id)
        if self.private:
            await self.private.delete(collection_id, item_id)

    async def _put_public(self, body: dict[str, Any]) -> None:
        home = f"{self.root}/collections/{body['collection']}/items"
        answer = await self._call("POST", home, json=body)
        if answer.status_code == 409:
            answer = await self._call("PUT", f"{home}/{body['id']}", json=body)
        _good(answer)

    async def _delete_public(self, collection_id: str, item_id: str) -> None:
        answer = await self._call("DELETE", self.href(collection_id, item_id))
        if answer.status_code != 404:
            _good(answer)

    async def by_ids(self, collection_id: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Returns the existing ones."""
        kept = await self.private.by_ids(collection_id, ids) if self.private else []
        rest = sorted(set(ids) - {item["id"] for item in kept})
        return [*kept, *(await self.search(collection_id, ids=rest) if rest else [])]

    async def named(self, collection_id: str, prop: str, value: str, deprecated: bool = False) -> list[dict[str, Any]]:
        """Returns items whose property `prop` equals `value`; deprecated ones only on request."""
        same = {"op": "=", "args": [{"property": prop}, value]}
        kept = await self.private.named(collection_id, prop, value) if self.private else []
        seen = {item["id"] for item in kept}
        found = await self.search(collection_id, filter=same)
        every = [*kept, *(item for item in found if item["id"] not in seen)]
        return [item for item in every if deprecated or not item["properties"].get("deprecated")]

    async def search(
        self, collection_id: str, ids: Sequence[str] | None = None, filter: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Returns all public matches of all pages. `filter` is CQL2 as JSON."""
        search = self._search or (await asyncio.to_thread(import_module, "catalog.stac.paged_search")).search
        self._search = search
        found = await search(self._page, collections=[collection_id], ids=ids, filter=filter, limit=PAGE)
        return [restored(item) for item in found]

    async def _page(self, request: dict[str, Any]) -> str:
        return _good(await self._call("POST", f"{self.root}/search", json=request)).text

    async def has_collection(self, collection_id: str) -> bool:
        return (await self._call("GET", f"{self.root}/collections/{collection_id}")).is_success

    async def ensure_collections(self) -> None:
        """Creates or updates the collections; their extents stay."""
        for name in EXTENSIONS:
            href = f"{self.root}/collections/{name}"
            known = await self._call("GET", href)
            if known.status_code == 200:
                body = {**collection(name), "extent": known.json()["extent"]}
                answer = await self._call("PUT", href, json=body)
            else:
                answer = await self._call("POST", f"{self.root}/collections", json=collection(name))
            if answer.status_code != 409:
                _good(answer)

    def _written(self, item: dict[str, Any]) -> dict[str, Any]:
        links = [link for link in item.get("links", ()) if link["rel"] not in INFERRED]
        updated = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        extensions = [
            stac_schemas.address(kind, self.api) if (kind := stac_schemas.kind_of(uri)) else uri
            for uri in item.get("stac_extensions", ())
        ]
        properties = {**item["properties"], "updated": updated}
        return {**item, "links": links, "stac_extensions": extensions, "properties": properties}

    async def _call(self, method: str, url: str, **extra: Any) -> httpx.Response:
        if not self.root:
            raise Misconfigured("stac_not_configured", "FAIR_STAC_API_URL is not set.")
        try:
            async with self.http.stream(method, url, **extra) as streamed:
                answer = httpx.Response(streamed.status_code, content=await _body(streamed))
        except httpx.HTTPError as error:
            raise Unavailable("stac_unavailable", "The STAC catalogue is not reachable. Try again.") from error
        if answer.status_code >= 500 or answer.status_code in (401, 403, 429):
            log.warning("stac.refused", extra={"fields": {"status": answer.status_code, "text": answer.text[:500]}})
            refusal = Misconfigured if answer.status_code in (401, 403) else Unavailable
            raise refusal("stac_unavailable", f"The STAC catalogue answered {answer.status_code}.")
        return answer


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise Unprocessable("STAC_VALIDATION_ERROR", f"The STAC catalogue refused the request: {answer.text[:500]}")


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MAX_BYTES:
            raise Unavailable("stac_unavailable", "The answer of the STAC catalogue is too large.")
    return bytes(body)
