from sqlalchemy import ColumnElement, false, func, true

from contracts.shared import Actor
from notify.snapshots.tables import SnapshotRow

IN_TIME = SnapshotRow.expires_at > func.clock_timestamp()


def owned_by(actor: Actor) -> ColumnElement[bool]:
    """The snapshots that an actor may list and delete; administrators all."""
    if actor.is_admin:
        return true()
    return false() if actor.is_anonymous else SnapshotRow.owner_id == actor.id
