"""Who may see a dataset: everybody where it is public, else its owner; administrators and services see all."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true

from catalog.datasets.tables import DatasetRow
from catalog.shared.access import can_see_all
from contracts.shared import Actor


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition for lists, single reads, files and writes."""
    return or_(*visible_parts(actor))


def visible_parts(actor: Actor) -> list[ColumnElement[bool]]:
    """Returns the same condition in disjoint parts: a count per part walks one index."""
    return parts_by_id(actor.id, can_see_all(actor), actor.is_anonymous)


def parts_by_id(actor_id: Any, everything: bool, anonymous: bool) -> list[ColumnElement[bool]]:
    """Like `visible_parts`, where the id may be a parameter."""
    if everything:
        return [true()]
    public = DatasetRow.visibility == "public"
    own = and_(DatasetRow.user_id == actor_id, DatasetRow.visibility == "private")
    return [public] if anonymous else [public, own]
