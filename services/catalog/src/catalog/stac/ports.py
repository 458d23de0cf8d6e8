"""What the catalog needs of its STAC catalogue. `client.StacClient` and `item_cache.ItemCache` implement it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from catalog.stac.item_lock import ItemLock


class StacItems(Protocol):
    """Items by collection and id. Methods raise Unavailable when the catalogue is down, Misconfigured without its
    address or with an invalid key. Read and write an item within `lock(collection, id)`."""

    lock: ItemLock
    root: str
    """Address of the catalogue; empty for a deployment without one."""

    def href(self, collection_id: str, item_id: str) -> str:
        """Returns the address of an item."""
        ...

    async def get(self, collection_id: str, item_id: str) -> dict[str, Any] | None:
        """Returns the item, None when there is none."""
        ...

    async def by_ids(self, collection_id: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Returns the existing ones."""
        ...

    async def named(self, collection_id: str, prop: str, value: str, deprecated: bool = False) -> list[dict[str, Any]]:
        """Returns items whose property `prop` equals `value`; deprecated ones only on request."""
        ...

    async def put(self, item: dict[str, Any]) -> None:
        """Creates or replaces the item in its collection."""
        ...

    async def move(self, collection_id: str, item_id: str) -> None:
        """Moves the item to the store, public or private, that the visibility of its row asks for."""
        ...

    async def delete(self, collection_id: str, item_id: str) -> None:
        """Deletes the item if it exists."""
        ...


class ExpandedItems(Protocol):
    """The `stac` part of representations (`?expand=stac`)."""

    async def of(self, collection: str, item_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Returns the `stac` parts by item id. Raises Internal when an item is absent, Unavailable when the catalogue
        is down."""
        ...

    async def expand(self, collection: str, rows: list[dict[str, Any]], key: str = "stac_item_id") -> None:
        """Sets `stac` of each row; None for rows without an item. Raises as `of` does."""
        ...

    def drop(self, collection: str, item_id: str) -> None:
        """Forgets the item, which has changed."""
        ...
