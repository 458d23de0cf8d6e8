"""Owners and administrators see their trainings, everybody those on a public dataset (DESIGN decision 5)."""

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.shared import Actor
from kit.errors import Forbidden, NotFound
from training.projections.tables import KnownDataset
from training.runs.tables import TrainingRow

on_public_dataset = exists().where(KnownDataset.dataset_id == TrainingRow.dataset, KnownDataset.visibility == "public")


def visible_to(actor: Actor) -> ColumnElement[bool]:
    if actor.is_admin:
        return true()
    if actor.is_anonymous:
        return on_public_dataset
    return or_(TrainingRow.user_id == actor.id, on_public_dataset)


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
