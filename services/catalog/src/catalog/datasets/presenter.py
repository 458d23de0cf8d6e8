"""Datasets as the API returns them: columns that the database selects, and what this process adds."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, Select, Text, bindparam, column, exists, func, select, table

from catalog.datasets import storage_keys
from catalog.datasets.tables import DatasetRow, DatasetUse
from catalog.shared.access import can_see_all
from catalog.shared.stars import rating_user
from catalog.shared.tables import KnownUser, StarRow
from catalog.stac.ports import StacItems
from catalog.stac.vocabulary import DATASETS
from contracts.catalog.datasets import BuildOutcome
from contracts.shared import Actor, Json, Waiting
from kit.http.url_masking import masked
from kit.messaging.tx import Tx
from kit.storage.port import LinkedStore

model_runs = table("model_runs", column("training_id", BigInteger), column("local_model_id", BigInteger))
"""What a dataset shows of the models that were trained on it; `catalog.models`, which stands above, writes it."""
_models = (
    select(func.count(model_runs.c.local_model_id.distinct()))
    .select_from(DatasetUse)
    .join(model_runs, model_runs.c.training_id == DatasetUse.training_id)
    .where(DatasetUse.stac_id == DatasetRow.stac_id)
    .correlate(DatasetRow)
    .scalar_subquery()
)
_starred = exists().where(StarRow.target_id == DatasetRow.stac_id, StarRow.voter == bindparam("voter", type_=Text))
SHOWN: Select[*tuple[Any, ...]] = select(
    DatasetRow.id, DatasetRow.stac_id, DatasetRow.title, DatasetRow.source_imagery, DatasetRow.category,
    DatasetRow.status, DatasetRow.visibility, DatasetRow.user_id, KnownUser.username, DatasetRow.star_count,
    _starred.label("is_starred"), DatasetRow.offset, _models.label("models_count"),
    DatasetRow.request["zoom"].label("zoom"), DatasetRow.chip_count, DatasetRow.error, DatasetRow.waiting,
    DatasetRow.outcome, DatasetRow.created_at, DatasetRow.last_modified,
).outerjoin(KnownUser, KnownUser.id == DatasetRow.user_id)  # fmt: skip
"""Rows as `DatasetPresenter` takes them; the parameter `voter` is `rating_user_of` the caller."""


class DatasetPresenter:
    def __init__(self, stac: StacItems, storage: LinkedStore) -> None:
        self.stac, self.storage = stac, storage

    async def present(self, row: DatasetRow, tx: Tx) -> Json:
        """Returns a row as it stands in the transaction of a command."""
        found = await tx.session.execute(SHOWN.where(DatasetRow.id == row.id), {"voter": rating_user_of(tx.actor)})
        return orjson.loads(as_json(self.present_all(found.mappings().all(), tx.actor)[0]))

    def present_all(self, rows: Sequence[Mapping[Any, Any]], actor: Actor) -> list[Json]:
        """Returns rows whose times `as_json` writes."""
        return [self._view(row, actor) for row in rows]

    def _view(self, row: Mapping[str, Any], actor: Actor) -> Json:
        sees_keys = actor.owns(row["user_id"]) or can_see_all(actor)
        username = actor.username if row["username"] is None and row["user_id"] == actor.id else row["username"] or ""
        return {
            "id": row["id"], "stac_id": row["stac_id"], "title": row["title"],
            "source_imagery": row["source_imagery"] if sees_keys else masked(row["source_imagery"]),
            "category": row["category"], "status": row["status"], "visibility": row["visibility"],
            "stac_url": self.stac.href(DATASETS, row["stac_id"]) if self.stac.root else None,
            "user": {"osm_id": row["user_id"], "username": username}, "star_count": row["star_count"],
            "is_starred": row["is_starred"], "stac": None, "assets": self._assets(row["stac_id"], row["status"]),
            "offset": list(map(float, row["offset"])), "models_count": row["models_count"], "zoom": row["zoom"],
            "chip_count": row["chip_count"], "error": row["error"],
            "waiting": row["waiting"] and Waiting.model_validate(row["waiting"]).model_dump(mode="json"),
            "outcome": row["outcome"] and BuildOutcome.model_validate(row["outcome"]).model_dump(mode="json"),
            "created_at": row["created_at"], "last_modified": row["last_modified"],
        }  # fmt: skip

    def _assets(self, stac_id: str, status: str) -> dict[str, str] | None:
        """Returns presigned URLs of a built dataset. `chips` lists the keys of the chips in the format of S3."""
        if status != "built" or not self.storage.bucket:
            return None
        return {
            "chips": self.storage.presigned_listing(storage_keys.chips(stac_id)),
            "labels": self.storage.presigned(storage_keys.labels(stac_id)),
            "download": self.storage.presigned(storage_keys.archive(stac_id)),
        }


def rating_user_of(actor: Actor) -> str | None:
    return None if actor.is_anonymous else rating_user(actor.id, None)


def as_json(shown: Any) -> bytes:
    """Writes what was presented, with times in UTC as contracts have them."""
    return orjson.dumps(shown, option=orjson.OPT_UTC_Z)
