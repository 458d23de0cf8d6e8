from sqlalchemy import ColumnElement, or_, true

from contracts.shared import Actor
from notify.annotations.tables import AnnotationRow as Row


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Runs may be private: their marks are for their owner and administrators."""
    if actor.is_admin:
        return true()
    if actor.is_anonymous:
        return Row.user_id.is_(None)
    return or_(Row.user_id.is_(None), Row.user_id == actor.id)
