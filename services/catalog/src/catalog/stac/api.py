"""The STAC API: reads are open, writes go through the Transactions extension with the bearer key."""

import logging
from datetime import UTC, datetime
from typing import Any

import httpx

from catalog.stac.turns import Turn, alone
from catalog.stac.vocabulary import EXTENSIONS, collection
from kit.errors import Unavailable, Unprocessable

log = logging.getLogger("catalog.stac")
TIMEOUT = 30.0
PAGE = 500
INFERRED = {"self", "collection", "root", "parent", "items"}
"""Relations that the server makes up itself."""


class StacApi:
    """One per process. Unavailable when the catalogue is down or not configured; an absent item is None. Whoever reads
    an item to write it does so inside `turn(collection, id)`."""

    def __init__(self, root: str | None, key: str | None, turn: Turn = alone) -> None:
        self.turn = turn
        self.root = (root or "").rstrip("/")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.AsyncClient(headers=headers, timeout=TIMEOUT, trust_env=False)

    async def stop(self) -> None:
        await self.http.aclose()

    def href(self, collection_id: str, item_id: str) -> str:
        return f"{self.root}/collections/{collection_id}/items/{item_id}"

    async def get(self, collection_id: str, item_id: str) -> dict[str, Any] | None:
        answer = await self._call("GET", self.href(collection_id, item_id))
        return None if answer.status_code == 404 else _good(answer).json()

    async def put(self, item: dict[str, Any]) -> None:
        """Creates or replaces; the item names its collection. Loses no race against another writer."""
        body, home = _written(item), f"{self.root}/collections/{item['collection']}/items"
        answer = await self._call("POST", home, json=body)
        if answer.status_code == 409:
            answer = await self._call("PUT", f"{home}/{item['id']}", json=body)
        _good(answer)

    async def delete(self, collection_id: str, item_id: str) -> None:
        """Nothing to delete is fine."""
        answer = await self._call("DELETE", self.href(collection_id, item_id))
        if answer.status_code != 404:
            _good(answer)

    async def search(self, collection_id: str, **body: Any) -> list[dict[str, Any]]:
        """Every match, through all pages."""
        request: dict[str, Any] | None = {"collections": [collection_id], "limit": PAGE, **body}
        found: list[dict[str, Any]] = []
        while request is not None:
            page = _good(await self._call("POST", f"{self.root}/search", json=request)).json()
            found += page["features"]
            following = next((link for link in page.get("links", ()) if link["rel"] == "next"), None)
            request = following and {**request, **following.get("body", {})}
        return found

    async def named(self, collection_id: str, prop: str, value: str) -> list[dict[str, Any]]:
        """Items that are not deprecated and whose property `prop` equals `value`."""
        same = {"op": "=", "args": [{"property": prop}, value]}
        found = await self.search(collection_id, filter=same, **{"filter-lang": "cql2-json"})
        return [item for item in found if not item["properties"].get("deprecated")]

    async def ensure_collections(self) -> None:
        """Idempotent."""
        for name in EXTENSIONS:
            body, href = collection(name), f"{self.root}/collections/{name}"
            known = (await self._call("GET", href)).status_code == 200
            answer = await self._call(
                "PUT" if known else "POST", href if known else f"{self.root}/collections", json=body
            )
            if answer.status_code != 409:
                _good(answer)

    async def _call(self, method: str, url: str, **extra: Any) -> httpx.Response:
        if not self.root:
            raise Unavailable("stac_not_configured", "FAIR_STAC_API_URL is not set.")
        try:
            answer = await self.http.request(method, url, **extra)
        except httpx.HTTPError as error:
            raise Unavailable("stac_unavailable", "The STAC catalogue is not reachable, try again.") from error
        if answer.status_code >= 500 or answer.status_code in (401, 403, 429):
            log.warning("stac.refused", extra={"facts": {"status": answer.status_code, "text": answer.text[:500]}})
            raise Unavailable("stac_unavailable", f"The STAC catalogue answered {answer.status_code}.")
        return answer


def _written(item: dict[str, Any]) -> dict[str, Any]:
    links = [link for link in item.get("links", ()) if link["rel"] not in INFERRED]
    updated = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {**item, "links": links, "properties": {**item["properties"], "updated": updated}}


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise Unprocessable("STAC_VALIDATION_ERROR", f"The STAC catalogue refused the request: {answer.text[:500]}")
