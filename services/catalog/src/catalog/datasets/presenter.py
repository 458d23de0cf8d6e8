"""Dataset rows as the API returns them."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import select

from catalog.datasets import storage_keys
from catalog.datasets.tables import DatasetRow
from catalog.shared.access import can_see_all
from catalog.shared.stars import starred_by
from catalog.shared.tables import KnownUser
from catalog.stac.ports import StacItems
from catalog.stac.vocabulary import DATASETS
from contracts.catalog.datasets import Dataset
from contracts.shared import Actor, CompactUser, Json
from kit.http.url_masking import masked
from kit.messaging.tx import ReadTx, Tx
from kit.storage.port import LinkedStore

CountModels = Callable[[Sequence[str], Tx | ReadTx], Awaitable[dict[str, int]]]


class DatasetPresenter:
    """`count_models` returns the number of models that were trained on each dataset, by its STAC id."""

    def __init__(self, stac: StacItems, storage: LinkedStore, count_models: CountModels) -> None:
        self.stac, self.storage, self.count_models = stac, storage, count_models

    async def present(self, row: DatasetRow, tx: Tx | ReadTx) -> Dataset:
        return (await self.present_all([row], tx))[0]

    async def present_all(self, rows: Sequence[DatasetRow], tx: Tx | ReadTx) -> list[Dataset]:
        users = {row.user_id for row in rows}
        found = await tx.session.execute(select(KnownUser.id, KnownUser.username).where(KnownUser.id.in_(users)))
        names = {tx.actor.id: tx.actor.username, **dict(found.tuples().all())}
        assets = self._assets([row.stac_id for row in rows if row.status == "built"])
        ids = [row.stac_id for row in rows]
        mine, models = await starred_by(ids, tx), await self.count_models(ids, tx)
        views = [self._view(row, tx.actor, names.get(row.user_id, ""), assets.get(row.stac_id)) for row in rows]
        return [
            view.model_copy(update={"is_starred": view.stac_id in mine, "models_count": models.get(view.stac_id, 0)})
            for view in views
        ]

    def _view(self, row: DatasetRow, actor: Actor, username: str, assets: dict[str, str] | None) -> Dataset:
        fields = {name: getattr(row, name) for name in Dataset.model_fields if hasattr(row, name)}
        if not (actor.owns(row.user_id) or can_see_all(actor)):
            fields["source_imagery"] = masked(row.source_imagery)
        url = self.stac.href(DATASETS, row.stac_id) if self.stac.root else None
        user = CompactUser(osm_id=row.user_id, username=username)
        return Dataset(**fields, stac_url=url, user=user, assets=assets)

    def _assets(self, stac_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Returns presigned URLs. `chips` lists the keys of the chips in the format of S3."""
        if not stac_ids or not self.storage.bucket:
            return {}
        return {stac_id: self._links(stac_id) for stac_id in stac_ids}

    def _links(self, stac_id: str) -> dict[str, str]:
        return {
            "chips": self.storage.presigned_listing(storage_keys.chips(stac_id)),
            "labels": self.storage.presigned(storage_keys.labels(stac_id)),
            "download": self.storage.presigned(storage_keys.archive(stac_id)),
        }


def as_json(view: Dataset) -> Json:
    return view.model_dump(mode="json")
