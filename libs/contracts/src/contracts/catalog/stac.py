"""Changes of the public catalogue, ours or a third party's, as pgstac's trigger saw them."""

from typing import Literal

from contracts.base import Event

Collection = Literal["base-models", "local-models", "datasets"]


class StacItemEvent(Event):
    collection: str
    item_id: str

    def aggregate(self) -> str:
        return self.item_id[:64]


class StacItemWritten(StacItemEvent, wire="catalog.v1.stac_item_written"):
    """Created or changed; PUT shows as one event although pgstac deletes and inserts."""


class StacItemDeleted(StacItemEvent, wire="catalog.v1.stac_item_deleted"):
    pass
