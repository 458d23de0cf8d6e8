"""Owners and administrators see their trainings, everybody those on a public dataset (DESIGN decision 5)."""

from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.shared import Actor
from kit.errors import Forbidden, NotFound
from training.projections.tables import KnownDataset
from training.runs.tables import TrainingRow

on_public_dataset = exists().where(KnownDataset.dataset_id == TrainingRow.dataset, KnownDataset.visibility == "public")


def visible_to(actor: Actor) -> ColumnElement[bool]:
    return visible_by_id(actor.id, actor.is_admin, actor.is_anonymous)


def visible_by_id(actor_id: Any, everything: bool, anonymous: bool) -> ColumnElement[bool]:
    """Like `visible_to`, where the id may be a parameter."""
    if everything:
        return true()
    return on_public_dataset if anonymous else or_(TrainingRow.user_id == actor_id, on_public_dataset)


async def is_visible(training_id: int, session: AsyncSession, actor: Actor) -> bool:
    return bool(await session.scalar(select(TrainingRow.id).where(TrainingRow.id == training_id, visible_to(actor))))


async def require_owner(
    training_id: int, owner: int, session: AsyncSession, actor: Actor, text: str = "This run belongs to another user."
) -> None:
    """Forbidden for who may only look at the training, NotFound for who may not even do that."""
    if actor.owns(owner):
        return
    if not await is_visible(training_id, session, actor):
        raise NotFound("training_not_found", "There is no such training.")
    raise Forbidden("not_your_run", text)
