"""Feedback is read by its owner, the owner of the prediction and administrators, and by everyone where the parent, the
prediction or else the model, is public (DESIGN decision 5)."""

from typing import Any

from sqlalchemy import ColumnElement, or_, select, true

from contracts.shared import Actor
from prediction.feedback.tables import FeedbackRow as Row
from prediction.projections.tables import KnownModel
from prediction.runs.tables import PredictionRow


def can_see_all(actor: Actor) -> bool:
    return actor.is_admin or "service" in actor.roles


def visible_to(actor: Actor) -> ColumnElement[bool]:
    if actor.is_anonymous:
        return ~true()
    return true() if can_see_all(actor) else visible_by_id(actor.id, ~true())


def visible_by_id(actor_id: Any, everything: Any) -> ColumnElement[bool]:
    parent = select(1).where(PredictionRow.id == Row.prediction_id)
    shown = parent.where(or_(PredictionRow.visibility == "public", PredictionRow.user_id == actor_id)).exists()
    model = select(1).where(KnownModel.stac_item_id == Row.stac_id, KnownModel.visibility == "public").exists()
    return or_(Row.user_id == actor_id, everything, shown, Row.prediction_id.is_(None) & model)


async def is_visible(feedback_id: int, session: Any, actor: Actor) -> bool:
    return bool(await session.scalar(select(Row.id).where(Row.id == feedback_id, visible_to(actor))))
