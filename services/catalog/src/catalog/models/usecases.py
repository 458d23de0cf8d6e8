"""Writes of model rows that need no other system."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import or_, select

from catalog.categories.tables import CategoryRow
from catalog.models import endpoint, presenter, queries
from catalog.models.domain import BadItem, Submission, parse_submission
from catalog.models.installed_plugins import Plugins
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.shared.stars import star_count
from contracts.catalog import models as c
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.messaging.tx import Tx


async def register_base_model(command: c.RegisterBaseModel, tx: Tx, plugins: Plugins) -> c.BaseModelRow:
    """Creates or reuses the row of that name; a job does the rest."""
    if not tx.actor.is_admin:
        raise Forbidden("admins_only", "Only administrators may register base models.")
    given = _checked(command.stac_item, plugins)
    await _category(command.category, tx)
    await _item_is_free(given, tx)
    row = await tx.session.scalar(select(BaseModelRow).where(BaseModelRow.name == given.name).with_for_update())
    row = _again(row) if row else _born(given.name, await star_count(given.name, tx), tx)
    row.category, row.item = command.category, _completed(command)
    tx.session.add(row)
    await tx.session.flush()
    tx.emit(c.BaseModelRegistrationJob(model_id=row.id, user_id=tx.actor.id, generation=row.generation))
    return presenter.present_base_model(row)


def _checked(item: dict[str, Any], plugins: Plugins) -> Submission:
    try:
        given = parse_submission(item)
    except BadItem as problem:
        raise Invalid("invalid_stac_item", str(problem), stac_item=[str(problem)]) from problem
    if not plugins.ships(given.entrypoint):
        problem = f"This deployment ships no models.{given.entrypoint.model}.pipeline:{given.entrypoint.function}."
        raise Invalid("unknown_entrypoint", problem, stac_item=[problem])
    return given


async def _category(slug: str, tx: Tx) -> None:
    if not await tx.session.scalar(select(CategoryRow.id).where(CategoryRow.slug == slug)):
        raise Invalid("unknown_category", "There is no such category.", category=["There is no such category."])


async def _item_is_free(given: Submission, tx: Tx) -> None:
    """Raises Conflict when the item belongs to another model, so that two models never overwrite one item."""
    same = or_(BaseModelRow.stac_item_id == given.item_id, BaseModelRow.item["id"].astext == given.item_id)
    if await tx.session.scalar(select(BaseModelRow.id).where(same, BaseModelRow.name != given.name)):
        raise Conflict("stac_item_taken", f"The STAC item {given.item_id} belongs to another base model.")


def _born(name: str, stars: int, tx: Tx) -> BaseModelRow:
    now = datetime.now(UTC)
    return BaseModelRow(
        name=name, status="registering", visibility="public", is_pinned=False, error="", stac_item_id="", generation=1,
        star_count=stars,
        user_id=tx.actor.id, username=tx.actor.username, created_at=now, last_modified=now,
    )  # fmt: skip


def _again(row: BaseModelRow) -> BaseModelRow:
    """Restarts a registration; owner and visibility stay."""
    row.status, row.error, row.waiting, row.stac_version, row.beat_at = "registering", "", None, None, None
    row.generation, row.last_modified = row.generation + 1, datetime.now(UTC)
    return row


def _completed(command: c.RegisterBaseModel) -> dict[str, Any]:
    """Returns the submitted item with category and endpoint."""
    item = command.stac_item
    completed = {**item, "properties": {**item["properties"], "fair:category": command.category}}
    if command.inference_endpoint:
        completed["assets"] = {**item["assets"], endpoint.ASSET: endpoint.asset(command.inference_endpoint)}
    return completed


async def set_visibility(command: c.SetLocalModelVisibility, tx: Tx) -> c.LocalModelRow:
    return await _changed(command.model_id, tx, visibility=command.visibility)


async def archive(command: c.ArchiveLocalModel, tx: Tx) -> c.LocalModelRow:
    return await _changed(command.model_id, tx, status="archived" if command.archived else "active")


async def _changed(model_id: int, tx: Tx, **values: str) -> c.LocalModelRow:
    """Raises NotFound for a model that the caller may not see, Forbidden for one that they may only see."""
    shown = await queries.local_model(model_id, tx)
    if not tx.actor.owns(shown.user.osm_id):
        raise Forbidden("not_yours", "Only the owner may change who sees a model.")
    row = await tx.session.get(LocalModelRow, model_id, with_for_update=True)
    if row is None:
        raise NotFound("local_model_not_found", "There is no such model.")
    for name, value in values.items():
        setattr(row, name, value)
    row.last_modified = datetime.now(UTC)
    tx.emit(
        c.LocalModelChanged(
            model_id=row.id, name=row.name, user_id=row.user_id, stac_item_id=row.stac_item_id,
            visibility=row.visibility,
        )
    )  # fmt: skip
    if "status" in values:
        tx.emit(presenter.status_event(row))
    return shown.model_copy(update={**values, "last_modified": row.last_modified})
