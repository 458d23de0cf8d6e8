"""Writes into the items of active models where they answer and, on request, removes it from all others.

fAIr's `reconcile_knative` did this for one server per model. All our models answer at one address, so only the items
need a correction, for example after `API_BASE_URL` has changed.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from catalog.models.domain import BadItem, parse_submission
from catalog.models.endpoint import clear_endpoint, is_managed, set_endpoint
from catalog.models.installed_plugins import Plugins
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.stac.client import StacClient
from catalog.stac.model_items import in_catalogue_form
from catalog.stac.validate import item_problems, refuse
from catalog.stac.vocabulary import BASE_MODELS, LOCAL_MODELS
from kit.db.database import Database
from kit.errors import DomainError, NotFound

ROWS = {BASE_MODELS: BaseModelRow, LOCAL_MODELS: LocalModelRow}
Item = dict[str, Any]


@dataclass
class Outcome:
    """Ids of items; failures with their reasons."""

    applied: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reconciliation:
    db: Database
    api: StacClient
    plugins: Plugins
    base: str
    """Public address of the API."""

    async def run(self, prune: bool) -> Outcome:
        outcome = Outcome()
        for collection in ROWS:
            active = await self._active(collection)
            for item_id in active:
                await self._one(collection, item_id, outcome)
            if prune:
                await self._prune(collection, set(active), outcome)
        return outcome

    async def _active(self, collection: str) -> list[str]:
        row = ROWS[collection]
        wanted = select(row.stac_item_id).where(row.status == "active", row.stac_item_id != "").order_by(row.id)
        async with self.db.session() as session:
            return list((await session.scalars(wanted)).all())

    async def _one(self, collection: str, item_id: str, outcome: Outcome) -> None:
        try:
            async with self.api.lock(collection, item_id):
                await self._apply(collection, item_id)
        except (DomainError, BadItem) as problem:
            outcome.failed[item_id] = str(problem)
        else:
            outcome.applied.append(item_id)

    async def _apply(self, collection: str, item_id: str) -> None:
        item = await self.api.get(collection, item_id)
        if item is None:
            raise NotFound("stac_item_not_found", "The catalogue does not hold its item.")
        entrypoint = parse_submission(item).entrypoint
        if not self.plugins.ships(entrypoint):
            raise NotFound("not_shipped", f"This deployment ships no models.{entrypoint.model}.pipeline.")
        wanted = in_catalogue_form(set_endpoint(item, self.base))
        if wanted != item:
            refuse(item_problems(wanted))
            await self.api.put(wanted)

    async def _prune(self, collection: str, active: set[str], outcome: Outcome) -> None:
        """Removes the endpoint from inactive items, which are copies of active ones."""
        stray = [i["id"] for i in await self.api.search(collection) if is_managed(i) and i["id"] not in active]
        for item_id in stray:
            async with self.api.lock(collection, item_id):
                item = await self.api.get(collection, item_id)
                if item is not None:
                    await self.api.put(clear_endpoint(item))
                    outcome.removed.append(item_id)
