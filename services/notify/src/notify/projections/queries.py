from sqlalchemy import bindparam, select

from kit.db.sql import CompiledQuery
from kit.messaging.tx import Tx
from notify.projections.tables import KnownModel

_MODEL = CompiledQuery(select(KnownModel.id).where(KnownModel.stac_item_id == bindparam("stac_id")).limit(1))


async def local_model_of(stac_id: str, tx: Tx) -> int | None:
    """Returns the id of the local model whose current version has this STAC id."""
    async with tx.db.raw() as connection:
        return await _MODEL.value(connection, stac_id=stac_id)
