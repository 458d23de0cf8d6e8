"""Puts the item of a version into the catalogue, linked to the version before it."""

from typing import Any

from catalog.stac.ports import StacItems
from catalog.stac.validate import item_problems, refuse
from catalog.stac.versions import publish_version, version_of
from catalog.stac.vocabulary import LABEL_DATASETS


async def publish(item: dict[str, Any], version: int, stac: StacItems) -> dict[str, Any]:
    """Returns the item. May be repeated after a crash. Raises Unprocessable when it breaks a rule of the catalogue,
    Unavailable when that is down."""
    refuse(item_problems(item))
    own = await stac.get(LABEL_DATASETS, item["id"])
    await publish_version(stac, item, own or await _former(item, version, stac))
    return item


async def _former(item: dict[str, Any], version: int, stac: StacItems) -> dict[str, Any] | None:
    """Returns the newest earlier version of the dataset: numbers of failed ones are left out."""
    found = await stac.named(LABEL_DATASETS, "labelstore:name", item["properties"]["labelstore:name"])
    return max((one for one in found if version_of(one) < version), key=version_of, default=None)
