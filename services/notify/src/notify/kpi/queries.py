from sqlalchemy import bindparam, select

from contracts.notify.kpi import Kpi
from kit.errors import Unavailable
from kit.messaging.tx import ReadTx, Tx
from kit.statements import Prepared
from notify.kpi.tables import KnownModel, KpiRow

_KPI = Prepared(
    select(
        KpiRow.models.label("total_models_published"), KpiRow.users.label("total_registered_users"),
        KpiRow.feedback.label("total_feedback_labels"), KpiRow.accepted.label("total_accepted_predictions"),
    ).where(KpiRow.healed_at.is_not(None))
)  # fmt: skip
_MODEL = Prepared(select(KnownModel.id).where(KnownModel.stac_item_id == bindparam("stac_id")).limit(1))


async def get_kpi(read: ReadTx) -> Kpi:
    async with read.db.raw() as connection:
        rows = await _KPI.rows(connection)
    if not rows:
        raise Unavailable("kpi_not_counted", "The numbers are being counted for the first time, try again.")
    return Kpi(**rows[0])


async def local_model_of(stac_id: str, tx: Tx) -> int | None:
    """The number of the local model whose current version this is."""
    async with tx.db.raw() as connection:
        return await _MODEL.value(connection, stac_id=stac_id)
