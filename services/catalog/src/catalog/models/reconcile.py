"""`python -m catalog.models.reconcile [--prune]`: all active models name where they answer and, with `--prune`, nothing
else does. For cron; prints `{"applied", "removed", "failed"}` and ends with 1 when something failed.

It does what fAIr's `reconcile_knative` did for one server per model: ours is one door that is always there, so that
there is only the catalogue to be put right, after `API_BASE_URL` has changed for one.
"""

import argparse
import asyncio
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
from sqlalchemy import select

from catalog.models.domain import BadItem, submitted
from catalog.models.endpoint import is_ours, served, unserved
from catalog.models.plugins import Plugins
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.settings import Settings
from catalog.stac.api import StacApi
from catalog.stac.turns import turns
from catalog.stac.validate import item_problems, refuse
from catalog.stac.vocabulary import BASE_MODELS, LOCAL_MODELS
from kit.db import Database
from kit.errors import DomainError, NotFound
from kit.settings import load

ROWS = {BASE_MODELS: BaseModelRow, LOCAL_MODELS: LocalModelRow}
Item = dict[str, Any]


@dataclass
class Outcome:
    """Ids of items; of failures also the reason."""

    applied: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reconciliation:
    db: Database
    api: StacApi
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
            async with self.api.turn(collection, item_id):
                await self._apply(collection, item_id)
        except (DomainError, BadItem) as problem:
            outcome.failed[item_id] = str(problem)
        else:
            outcome.applied.append(item_id)

    async def _apply(self, collection: str, item_id: str) -> None:
        item = await self.api.get(collection, item_id)
        if item is None:
            raise NotFound("stac_item_not_found", "The catalogue does not hold its item.")
        entrypoint = submitted(item).entrypoint
        if not self.plugins.ships(entrypoint):
            raise NotFound("not_shipped", f"This deployment ships no models.{entrypoint.model}.pipeline.")
        wanted = served(item, self.base)
        if wanted != item:
            refuse(item_problems(wanted))
            await self.api.put(wanted)

    async def _prune(self, collection: str, active: set[str], outcome: Outcome) -> None:
        """Archived versions are copies of active ones, with their address."""
        stray = [i["id"] for i in await self.api.search(collection) if is_ours(i) and i["id"] not in active]
        for item_id in stray:
            async with self.api.turn(collection, item_id):
                item = await self.api.get(collection, item_id)
                if item is not None:
                    await self.api.put(unserved(item))
                    outcome.removed.append(item_id)


async def reconcile(settings: Settings, prune: bool) -> Outcome:
    """Unavailable when the catalogue is down."""
    if settings.api_base_url is None:
        sys.exit("API_BASE_URL is not set: there is no address that models could answer at.")
    db = Database(settings.database_url.get_secret_value(), 1, 2)
    key = settings.stac_key.get_secret_value() if settings.stac_key else None
    api = StacApi(settings.stac_url, key, turns(db))
    await db.open()
    try:
        return await Reconciliation(db, api, Plugins(settings.models_path), settings.api_base_url).run(prune)
    finally:
        await api.stop()
        await db.close()


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m catalog.models.reconcile")
    asked.add_argument("--prune", action="store_true", help="also take the address from what is not active")
    outcome = asyncio.run(reconcile(load(Settings), asked.parse_args().prune))
    print(orjson.dumps(asdict(outcome)).decode())
    sys.exit(bool(outcome.failed))


if __name__ == "__main__":
    main()
