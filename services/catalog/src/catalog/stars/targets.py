"""Which rows carry a copy of their number of stars. `catalog.main` names them: stars import no other aggregate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from kit.messaging.tx import Tx


@dataclass(frozen=True)
class StarTargets:
    """`columns` are columns that hold target ids, each of a mapped class with a column `star_count`."""

    columns: Sequence[Any]

    async def set_count(self, target_id: str, count: int, tx: Tx) -> None:
        for column in self.columns:
            await tx.session.execute(update(column.class_).where(column == target_id).values(star_count=count))
