"""Deletes the STAC item and the files of a deleted dataset."""

from catalog.datasets import storage_keys
from catalog.stac.client import StacClient
from catalog.stac.vocabulary import DATASETS
from kit.storage.object_storage import Storage


async def delete_artifacts(stac_id: str, stac: StacClient, storage: Storage) -> None:
    if stac.root:
        async with stac.lock(DATASETS, stac_id):  # a concurrent writer would restore the item
            await stac.delete(DATASETS, stac_id)
    if storage.settings.bucket:
        for folder in (storage_keys.home(stac_id), f"downloads/{DATASETS}/{stac_id}/"):
            await storage.remove(await storage.keys(folder))
