"""Users see their own predictions and public ones, administrators and services see all."""

from sqlalchemy import ColumnElement, or_, true

from contracts.shared import Actor
from prediction.runs.tables import PredictionRow as Row


def can_see(actor: Actor, user_id: int, visibility: str) -> bool:
    return visibility == "public" or actor.owns(user_id) or "service" in actor.roles


def visible_to(actor: Actor, public: bool = False) -> ColumnElement[bool]:
    """`public`: only public predictions, whoever asks."""
    if not public and (actor.is_admin or "service" in actor.roles):
        return true()
    if public or actor.is_anonymous:
        return Row.visibility == "public"
    return or_(Row.visibility == "public", Row.user_id == actor.id)
