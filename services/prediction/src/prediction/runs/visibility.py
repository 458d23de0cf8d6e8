"""Users see their own predictions and public ones, administrators and services see all."""

from typing import Any

from sqlalchemy import ColumnElement, or_, true

from contracts.shared import Actor
from prediction.runs.tables import PredictionRow as Row


def can_see(actor: Actor, user_id: int, visibility: str) -> bool:
    return visibility == "public" or actor.owns(user_id) or "service" in actor.roles


def visible_to(actor: Actor, public: bool = False) -> ColumnElement[bool]:
    """`public`: only public predictions, whoever asks."""
    return visible_by_id(actor.id, *reach(actor, public))


def reach(actor: Actor, public: bool) -> tuple[bool, bool]:
    """Returns whether all predictions are visible, and whether the public ones alone are."""
    everything = not public and (actor.is_admin or "service" in actor.roles)
    return everything, public or actor.is_anonymous


def visible_by_id(actor_id: Any, everything: bool, public: bool) -> ColumnElement[bool]:
    """Like `visible_to`, where the id may be a parameter."""
    if everything:
        return true()
    return Row.visibility == "public" if public else or_(Row.visibility == "public", Row.user_id == actor_id)
