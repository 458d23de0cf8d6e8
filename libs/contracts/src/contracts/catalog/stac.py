"""Changes of the public catalogue, by this platform or a third party, as pgstac's trigger reports them."""

from typing import Literal

from contracts.base import Event

Collection = Literal["base-models", "local-models", "datasets"]


class StacItemEvent(Event):
    collection: str
    item_id: str

    def aggregate(self) -> str:
        return self.item_id[:64]


class StacItemWritten(StacItemEvent, wire="catalog.v1.stac_item_written"):
    """An item was created or changed. A PUT is one event, although pgstac deletes and inserts."""


class StacItemDeleted(StacItemEvent, wire="catalog.v1.stac_item_deleted"):
    pass
