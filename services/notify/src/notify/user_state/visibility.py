from sqlalchemy import ColumnElement, true

from contracts.shared import Actor
from notify.user_state.tables import UserStateRow


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Administrators see all rows, users their own."""
    if actor.is_anonymous:
        return ~true()
    return true() if actor.is_admin else UserStateRow.user_id == actor.id
