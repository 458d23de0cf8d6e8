"""Who may see an area of interest: its user, everybody where its dataset is public, and the owner of its dataset."""

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select

from catalog.areas.tables import AoiRow, datasets
from catalog.shared.access import can_see_all
from contracts.shared import Actor


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Lists of areas and their labels: own areas, those of public datasets, all for administrators and services.

    Areas that others drew for a dataset which is private now are listed for its owner with the filter `dataset` only:
    without it the database walks one index that holds all that this condition asks for."""
    return _listed(actor.id, can_see_all(actor))


def counted(actor_id: Any, everything: bool) -> Select[Any]:
    """The exact number of `visible_to`, without a walk over all areas: datasets hold their numbers, the rest is few."""
    of_datasets = select(func.coalesce(func.sum(datasets.c.aoi_count), 0))
    if everything:
        others = select(func.count()).where(AoiRow.dataset_id.is_(None))
    else:
        of_datasets = of_datasets.where(datasets.c.visibility == "public")
        others = select(func.count()).where(AoiRow.user_id == actor_id, AoiRow.is_public.is_(False))
    return select(of_datasets.scalar_subquery() + others.scalar_subquery())


def reachable_by(actor: Actor) -> ColumnElement[bool]:
    """Single reads and writes: those of `visible_to`, and every area of an own dataset."""
    return visible_to(actor) | _of_own_dataset(actor.id)


def reachable_by_columns(actor_id: ColumnElement[int], everything: ColumnElement[bool]) -> ColumnElement[bool]:
    """Like `reachable_by`, where each row has its own caller: their id, and whether they see all areas."""
    return _listed(actor_id, everything) | _of_own_dataset(actor_id)


def listed_by_parameters() -> ColumnElement[bool]:
    """Like `visible_to` somebody who does not see everything, for a compiled query."""
    return or_(AoiRow.user_id == bindparam("actor_id"), AoiRow.is_public)


def _listed(actor_id: Any, everything: Any) -> ColumnElement[bool]:
    return or_(AoiRow.user_id == actor_id, everything, AoiRow.is_public)


def _of_own_dataset(actor_id: Any) -> ColumnElement[bool]:
    return exists().where(datasets.c.id == AoiRow.dataset_id, datasets.c.user_id == actor_id)
