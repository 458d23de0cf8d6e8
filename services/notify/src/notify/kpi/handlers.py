from contracts.catalog.models import LocalModelStatusChanged
from contracts.notify.kpi import GetKpi, Kpi
from contracts.prediction.feedback import FeedbackChanged, FeedbackGiven, FeedbackRemoved
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.kpi import queries
from notify.kpi.projection import FEEDBACK, MODELS, heard

router = Router("notify")


@router.on(GetKpi)
async def get_kpi(query: GetKpi, read: ReadTx) -> Kpi:
    return await queries.get_kpi(read)


@router.on(LocalModelStatusChanged)
async def on_local_model_status_changed(event: LocalModelStatusChanged, tx: Tx) -> None:
    heard(MODELS, tx, id=event.model_id, status=event.status, stac_item_id=event.stac_item_id)


@router.on(FeedbackGiven)
async def on_feedback_given(event: FeedbackGiven, tx: Tx) -> None:
    heard(FEEDBACK, tx, id=event.feedback_id, action=event.action)


@router.on(FeedbackChanged)
async def on_feedback_changed(event: FeedbackChanged, tx: Tx) -> None:
    heard(FEEDBACK, tx, id=event.feedback_id, action=event.action)


@router.on(FeedbackRemoved)
async def on_feedback_removed(event: FeedbackRemoved, tx: Tx) -> None:
    heard(FEEDBACK, tx, id=event.feedback_id, action=None)
