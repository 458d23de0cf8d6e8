"""Who may see a base or local model: everybody where it is public and active, its owner in any state; administrators
and services see all."""

from sqlalchemy import ColumnElement, and_, or_, true

from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.shared.access import can_see_all
from contracts.shared import Actor

Row = type[BaseModelRow] | type[LocalModelRow]


def visible_to(actor: Actor, row: Row) -> ColumnElement[bool]:
    """The condition for lists, single reads, folders and writes."""
    return _public_or_own(actor, row, and_(row.visibility == "public", row.status == "active"))


def files_visible_to(actor: Actor, row: Row) -> ColumnElement[bool]:
    """The condition for files. Files of a public model stay readable when it is archived, since trainings and items
    link to them."""
    return _public_or_own(actor, row, row.visibility == "public")


def _public_or_own(actor: Actor, row: Row, public: ColumnElement[bool]) -> ColumnElement[bool]:
    if can_see_all(actor):
        return true()
    return public if actor.is_anonymous else or_(public, row.user_id == actor.id)
