"""Deletes the STAC item and the files of a deleted dataset."""

from catalog.datasets import storage_keys
from catalog.stac.ports import StacItems
from catalog.stac.vocabulary import DATASETS
from kit.storage.port import LinkedStore


async def delete_artifacts(stac_id: str, stac: StacItems, storage: LinkedStore) -> None:
    if stac.root:
        async with stac.lock(DATASETS, stac_id):  # a concurrent writer would restore the item
            await stac.delete(DATASETS, stac_id)
    if storage.bucket:
        for folder in (storage_keys.home(stac_id), f"downloads/{DATASETS}/{stac_id}/"):
            await storage.remove(await storage.keys(folder))
