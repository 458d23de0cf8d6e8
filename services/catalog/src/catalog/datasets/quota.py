"""Limits the running builds of one user."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from catalog.datasets.tables import DatasetRow
from kit.messaging.tx import Tx
from kit.quotas import counting, ensure_below, too_many_unfinished

WAY_OUT = "Wait until one has ended, or cancel one."
_mine = select(DatasetRow.id).where(DatasetRow.user_id == bindparam("user_id"), DatasetRow.status == "building")
_OTHERS = counting(_mine.where(DatasetRow.id != bindparam("besides")))


@dataclass
class BuildQuota:
    most: int

    def ensure_room(self, user_id: int, dataset_id: int, tx: Tx) -> None:
        """Raises RateLimited at the commit when the user has `most` other running builds."""
        refusal = too_many_unfinished("builds of datasets", self.most, WAY_OUT)
        ensure_below(self.most, _OTHERS, f"dataset {user_id}", refusal, tx, user_id=user_id, besides=dataset_id)
