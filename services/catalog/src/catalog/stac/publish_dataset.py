"""Publishes datasets in the catalogue."""

from typing import Any

from catalog.stac.dataset_item import dataset_item
from catalog.stac.item_inputs import DatasetItemInput
from catalog.stac.ports import StacItems
from catalog.stac.validate import item_problems, refuse
from catalog.stac.versions import publish_version, version_of
from catalog.stac.vocabulary import DATASETS


async def publish_dataset(dataset: DatasetItemInput, api: StacItems) -> str:
    """Returns the item id. May be repeated after a crash: the same files make the same version.

    Raises Unprocessable when the item breaks a rule of the catalogue, Unavailable when the catalogue is down.
    """
    former = await _former(dataset, api)
    item = dataset_item(dataset, version_of(former) + 1 if former else 1)
    if former and _same_files(former, item):
        item["properties"]["version"] = former["properties"]["version"]
    refuse(item_problems(item))
    await publish_version(api, item, former)
    return dataset.stac_id


async def _former(dataset: DatasetItemInput, api: StacItems) -> dict[str, Any] | None:
    """Returns the active version: the item with this id, else the user's newest dataset of the same title."""
    own = await api.get(DATASETS, dataset.stac_id)
    if own:
        return own
    titled = await api.named(DATASETS, "title", dataset.title)
    mine = [item for item in titled if item["properties"].get("fair:user_id") == str(dataset.user_id)]
    return max(mine, key=version_of, default=None)


def _same_files(former: dict[str, Any], item: dict[str, Any]) -> bool:
    if former["id"] != item["id"]:
        return False
    return all(_digest(former, name) == _digest(item, name) is not None for name in ("labels", "download"))


def _digest(item: dict[str, Any], asset: str) -> str | None:
    return item["assets"].get(asset, {}).get("file:checksum")
