from typing import cast

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, or_, select, true

from contracts.notify.dashboards import Level
from contracts.shared import Actor
from notify.dashboards.domain import highest
from notify.dashboards.tables import DashboardRow, PermissionRow

ALIVE = and_(
    DashboardRow.deleted_at.is_(None),
    or_(DashboardRow.expires_at.is_(None), DashboardRow.expires_at > func.clock_timestamp()),
)
"""Neither in the trash, nor a preview whose time is over."""


def granted_to(actor: Actor) -> ScalarSelect[str]:
    """The level that the actor was given, null where there is none."""
    mine = (PermissionRow.dashboard_id == DashboardRow.id) & (PermissionRow.user_id == actor.id)
    return select(PermissionRow.level).where(mine, _known(actor)).scalar_subquery()


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Whoever knows the id may see a dashboard, unless its owner keeps it to some."""
    if actor.is_admin:
        return ALIVE
    return and_(ALIVE, or_(DashboardRow.everyone != "none", _own(actor), granted_to(actor).is_not(None)))


def listed_for(actor: Actor) -> ColumnElement[bool]:
    """What a list shows: the actor's own, what the actor was given, and what is listed for everybody."""
    if actor.is_admin:
        return ALIVE
    listed = and_(DashboardRow.listed, DashboardRow.everyone != "none")
    return and_(ALIVE, or_(listed, _own(actor), granted_to(actor).is_not(None)))


def restorable_by(actor: Actor) -> ColumnElement[bool]:
    """What lies in the trash: administrators may take all of it out, owners their own."""
    deleted = DashboardRow.deleted_at.is_not(None)
    return deleted if actor.is_admin else and_(deleted, _own(actor))


def level_of(actor: Actor, owner_id: int | None, everyone: str, granted: str | None) -> Level:
    """Returns the most that the actor may do with a dashboard."""
    if actor.is_admin or (owner_id is not None and actor.owns(owner_id)):
        return "admin"
    return cast("Level", highest(everyone, granted or "none"))


def _own(actor: Actor) -> ColumnElement[bool]:
    return and_(DashboardRow.owner_id == actor.id, _known(actor))


def _known(actor: Actor) -> ColumnElement[bool]:
    return false() if actor.is_anonymous else true()
