"""Who may see and change jobs. The id of a job is a random number: who knows it may read the job, as with the links
that people share."""

from sqlalchemy import ColumnElement, true

from catalog.packages.submissions.tables import PackageJobRow
from catalog.shared.access import can_see_all
from contracts.shared import Actor


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The jobs that a list shows: one's own, or all."""
    return true() if can_see_all(actor) else (PackageJobRow.user_id == actor.id)


def may_cancel(actor: Actor, row: PackageJobRow) -> bool:
    return can_see_all(actor) or actor.owns(row.user_id)
