from sqlalchemy import ColumnElement

from contracts.shared import Actor
from notify.notifications.tables import NotificationRow


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Users see their own notifications, administrators too."""
    return NotificationRow.user_id == actor.id
