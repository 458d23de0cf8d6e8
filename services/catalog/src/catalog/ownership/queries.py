from sqlalchemy import bindparam, func, select

from catalog.datasets.tables import DatasetRow
from catalog.models.tables import LocalModelRow
from catalog.shared.access import can_see_all
from kit.db.sql import CompiledQuery
from kit.errors import Forbidden
from kit.messaging.tx import ReadTx


def _count(row: type[DatasetRow] | type[LocalModelRow]):
    return select(func.count()).where(row.user_id == bindparam("user_id")).scalar_subquery()


_COUNTS = CompiledQuery(select(_count(DatasetRow).label("datasets"), _count(LocalModelRow).label("models")))


async def count_owned(user_id: int, read: ReadTx) -> dict[str, int]:
    if not (can_see_all(read.actor) or read.actor.owns(user_id)):
        raise Forbidden("not_yours", "Only the user themself may see this.")
    async with read.db.raw() as connection:
        return (await _COUNTS.rows(connection, user_id=user_id))[0]
