from contracts.prediction import feedback as c
from contracts.shared import Json, SnapshotPage
from kit.db.ids import IdAllocator
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.snapshot_pages import read_page
from prediction.feedback import queries, usecases
from prediction.feedback.quota import FeedbackQuota

router = Router("prediction")
router.on(c.ListFeedback)(queries.list_feedback)
router.on(c.CountFeedback)(queries.count_feedback)
router.on(c.CountJudgements)(queries.count_judgements)


@router.on(c.GiveFeedback, http=201)
async def give_feedback(command: c.GiveFeedback, tx: Tx, ids: IdAllocator, quota: FeedbackQuota) -> Json:
    return await usecases.give_feedback(command, tx, ids, quota)


@router.on(c.ChangeFeedback)
async def change_feedback(command: c.ChangeFeedback, tx: Tx) -> Json:
    return await usecases.change_feedback(command, tx)


@router.on(c.RemoveFeedback, http=204)
async def remove_feedback(command: c.RemoveFeedback, tx: Tx) -> None:
    await usecases.remove_feedback(command, tx)


@router.on(c.GetFeedback)
async def get_feedback(query: c.GetFeedback, read: ReadTx) -> bytes:
    return await queries.get_feedback(query.feedback_id, read)


@router.on(c.ListFeedbackSummaries)
async def list_feedback_summaries(query: c.ListFeedbackSummaries, read: ReadTx) -> SnapshotPage:
    return await read_page(queries.SUMMARIES, read, after=query.after, limit=query.limit)
