"""Who may see a dataset: everybody where it is public, else its owner; administrators and services see all."""

from sqlalchemy import ColumnElement, and_, or_, true

from catalog.datasets.tables import DatasetRow
from catalog.shared.access import can_see_all
from contracts.shared import Actor


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition for lists, single reads, files and writes."""
    return or_(*visible_parts(actor))


def visible_parts(actor: Actor) -> list[ColumnElement[bool]]:
    """Returns the same condition in disjoint parts: a count per part walks one index."""
    if can_see_all(actor):
        return [true()]
    public = DatasetRow.visibility == "public"
    own = and_(DatasetRow.user_id == actor.id, DatasetRow.visibility == "private")
    return [public] if actor.is_anonymous else [public, own]
