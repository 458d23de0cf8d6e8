from sqlalchemy import bindparam, func, select

from catalog.access import sees_all
from catalog.datasets.tables import DatasetRow
from catalog.models.tables import LocalModelRow
from kit.errors import Forbidden
from kit.messaging.tx import ReadTx
from kit.statements import Prepared


def _count(row: type[DatasetRow] | type[LocalModelRow]):
    return select(func.count()).where(row.user_id == bindparam("user_id")).scalar_subquery()


_COUNTS = Prepared(select(_count(DatasetRow).label("datasets"), _count(LocalModelRow).label("models")))


async def count_owned(user_id: int, read: ReadTx) -> dict[str, int]:
    if not (sees_all(read.actor) or read.actor.owns(user_id)):
        raise Forbidden("not_yours", "Only the person themself may see this.")
    async with read.db.raw() as connection:
        return (await _COUNTS.rows(connection, user_id=user_id))[0]
