"""`python -m catalog.commands.reconcile_endpoints [--prune]`: the items of all active models name where they answer;
with `--prune` no other item does. For cron: prints `{"applied", "removed", "failed"}` and exits with 1 after a failure.
"""

import argparse
import asyncio
import sys
from dataclasses import asdict

import orjson

from catalog.item_privacy.queries import private_items
from catalog.models.endpoint_reconciliation import Outcome, Reconciliation
from catalog.models.installed_plugins import Plugins
from catalog.settings import Settings
from catalog.stac.client import StacClient
from catalog.stac.item_lock import lock_items
from kit.db.database import Database
from kit.settings import load


async def reconcile(settings: Settings, prune: bool) -> Outcome:
    """Raises Unavailable when the STAC catalogue does not answer."""
    if settings.api_base_url is None:
        sys.exit("API_BASE_URL is not set: there is no address that models could answer at.")
    db = Database(settings.database_url.get_secret_value(), 1, 2)
    key = settings.stac_key.get_secret_value() if settings.stac_key else None
    api = StacClient(settings.stac_url, key, lock_items(db), private_items(db), settings.api_base_url)
    await db.open()
    try:
        return await Reconciliation(db, api, Plugins(settings.models_path), settings.api_base_url).run(prune)
    finally:
        await api.stop()
        await db.close()


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m catalog.commands.reconcile_endpoints")
    asked.add_argument("--prune", action="store_true", help="also take the address from what is not active")
    outcome = asyncio.run(reconcile(load(Settings), asked.parse_args().prune))
    print(orjson.dumps(asdict(outcome)).decode())
    sys.exit(bool(outcome.failed))


if __name__ == "__main__":
    main()
