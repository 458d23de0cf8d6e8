"""Dataset rows as clients see them."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import select

from catalog.datasets import places
from catalog.datasets.tables import DatasetRow
from catalog.datasets.usage import models_of
from catalog.stac.api import StacApi
from catalog.stac.vocabulary import DATASETS
from catalog.stars.queries import starred
from catalog.tables import KnownUser
from contracts.catalog.datasets import Dataset
from contracts.shared import CompactUser, Json
from kit.messaging.tx import ReadTx, Tx
from kit.storage import Storage


class DatasetViews:
    def __init__(self, stac: StacApi, storage: Storage) -> None:
        self.stac, self.storage = stac, storage

    async def one(self, row: DatasetRow, tx: Tx | ReadTx) -> Dataset:
        return (await self.many([row], tx))[0]

    async def many(self, rows: Sequence[DatasetRow], tx: Tx | ReadTx) -> list[Dataset]:
        users = {row.user_id for row in rows}
        found = await tx.session.execute(select(KnownUser.id, KnownUser.username).where(KnownUser.id.in_(users)))
        names = {tx.actor.id: tx.actor.username, **dict(found.tuples().all())}
        assets = await self._assets([row.stac_id for row in rows if row.status == "built"])
        ids = [row.stac_id for row in rows]
        mine, models = await starred(ids, tx), await models_of(ids, tx)
        views = [self._view(row, names.get(row.user_id, ""), assets.get(row.stac_id)) for row in rows]
        return [
            view.model_copy(update={"is_starred": view.stac_id in mine, "models_count": models.get(view.stac_id, 0)})
            for view in views
        ]

    def _view(self, row: DatasetRow, username: str, assets: dict[str, str] | None) -> Dataset:
        fields = {name: getattr(row, name) for name in Dataset.model_fields if hasattr(row, name)}
        url = self.stac.href(DATASETS, row.stac_id) if self.stac.root else None
        user = CompactUser(osm_id=row.user_id, username=username)
        return Dataset(**fields, stac_url=url, user=user, assets=assets)

    async def _assets(self, stac_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Addresses that work for a while. `chips` answers the list of the chips' keys, as S3 lists them."""
        if not stac_ids or not self.storage.settings.bucket:
            return {}
        return await asyncio.to_thread(lambda: {stac_id: self._links(stac_id) for stac_id in stac_ids})

    def _links(self, stac_id: str) -> dict[str, str]:
        return {
            "chips": self.storage.presigned_listing(places.chips(stac_id)),
            "labels": self.storage.presigned(places.labels(stac_id)),
            "download": self.storage.presigned(places.archive(stac_id)),
        }


def as_json(view: Dataset) -> Json:
    return view.model_dump(mode="json")
