"""What is left of a deleted dataset in the catalogue and in the object store."""

from catalog.datasets import places
from catalog.stac.api import StacApi
from catalog.stac.vocabulary import DATASETS
from kit.storage import Storage


async def removed(stac_id: str, stac: StacApi, storage: Storage) -> None:
    if stac.root:
        async with stac.turn(DATASETS, stac_id):  # a writer that has read the item would put it back
            await stac.delete(DATASETS, stac_id)
    if storage.settings.bucket:
        for folder in (places.home(stac_id), f"downloads/{DATASETS}/{stac_id}/"):
            await storage.remove(await storage.keys(folder))
