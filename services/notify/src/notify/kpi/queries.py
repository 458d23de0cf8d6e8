from sqlalchemy import select

from contracts.notify.kpi import Kpi
from kit.db.sql import CompiledQuery
from kit.errors import Unavailable
from kit.messaging.tx import ReadTx
from notify.kpi.tables import KpiRow

_KPI = CompiledQuery(
    select(
        KpiRow.models.label("total_models_published"), KpiRow.users.label("total_registered_users"),
        KpiRow.feedback.label("total_feedback_labels"), KpiRow.accepted.label("total_accepted_predictions"),
    ).where(KpiRow.healed_at.is_not(None))
)  # fmt: skip


async def get_kpi(read: ReadTx) -> Kpi:
    async with read.db.raw() as connection:
        rows = await _KPI.rows(connection)
    if not rows:
        raise Unavailable("kpi_not_counted", "The numbers are being counted for the first time, try again.")
    return Kpi(**rows[0])
