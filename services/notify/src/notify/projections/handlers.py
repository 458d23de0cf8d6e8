from contracts.catalog.models import LocalModelStatusChanged
from contracts.gateway import UserChanged
from contracts.prediction.feedback import FeedbackChanged, FeedbackGiven, FeedbackRemoved
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.projections.statements import FEEDBACK, MODELS, USERS, apply

router = Router("notify")


@router.on(UserChanged)
async def on_user_changed(event: UserChanged, tx: Tx) -> None:
    apply(
        USERS, tx, id=event.user_id, username=event.username, email=event.email, email_verified=event.email_verified,
        delivery_methods=list(event.delivery_methods),
    )  # fmt: skip


@router.on(LocalModelStatusChanged)
async def on_local_model_status_changed(event: LocalModelStatusChanged, tx: Tx) -> None:
    apply(MODELS, tx, id=event.model_id, status=event.status, stac_item_id=event.stac_item_id)


@router.on(FeedbackGiven)
async def on_feedback_given(event: FeedbackGiven, tx: Tx) -> None:
    apply(FEEDBACK, tx, id=event.feedback_id, action=event.action)


@router.on(FeedbackChanged)
async def on_feedback_changed(event: FeedbackChanged, tx: Tx) -> None:
    apply(FEEDBACK, tx, id=event.feedback_id, action=event.action)


@router.on(FeedbackRemoved)
async def on_feedback_removed(event: FeedbackRemoved, tx: Tx) -> None:
    apply(FEEDBACK, tx, id=event.feedback_id, action=None)
