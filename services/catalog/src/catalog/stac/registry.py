"""Bringing datasets into the catalogue."""

from typing import Any

from catalog.stac.api import StacApi
from catalog.stac.dataset_item import dataset_item
from catalog.stac.facts import DatasetFacts
from catalog.stac.validate import item_problems, refuse
from catalog.stac.versions import publish_version, version_of
from catalog.stac.vocabulary import DATASETS


async def register_dataset(facts: DatasetFacts, api: StacApi) -> str:
    """Item id. May be called again after a crash: the same files make the same version.

    Unprocessable when the item breaks a rule of the catalogue, Unavailable when the catalogue is down.
    """
    former = await _former(facts, api)
    item = dataset_item(facts, version_of(former) + 1 if former else 1)
    if former and _same_files(former, item):
        item["properties"]["version"] = former["properties"]["version"]
    refuse(item_problems(item))
    await publish_version(api, item, former)
    return facts.stac_id


async def _former(facts: DatasetFacts, api: StacApi) -> dict[str, Any] | None:
    """The active version: this id, else the user's newest dataset of the same title."""
    own = await api.get(DATASETS, facts.stac_id)
    if own:
        return own
    titled = await api.named(DATASETS, "title", facts.title)
    mine = [item for item in titled if item["properties"].get("fair:user_id") == str(facts.user_id)]
    return max(mine, key=version_of, default=None)


def _same_files(former: dict[str, Any], item: dict[str, Any]) -> bool:
    if former["id"] != item["id"]:
        return False
    return all(_digest(former, name) == _digest(item, name) is not None for name in ("labels", "download"))


def _digest(item: dict[str, Any], asset: str) -> str | None:
    return item["assets"].get(asset, {}).get("file:checksum")
