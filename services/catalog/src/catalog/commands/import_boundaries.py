"""`python -m catalog.commands.import_boundaries FILE [--name-column C] [--name-long-column C] [--admin-level L] [--wipe]`:
stores the boundaries of a GeoJSON file, all or none. Prints `{"loaded", "skipped", "total", "names"}`; exits with 1 and a
sentence when the file is refused.
"""  # noqa: E501

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson

from catalog.packages.boundaries.usecases import import_boundaries
from catalog.settings import Settings
from contracts.catalog.boundaries import ImportBoundaries, ImportedBoundaries
from kit.db.database import Database
from kit.errors import DomainError
from kit.messaging.envelope import SERVICE
from kit.messaging.tx import transaction
from kit.settings import load


async def run(settings: Settings, command: ImportBoundaries) -> ImportedBoundaries:
    """Raises DomainError. The running service publishes what has changed."""
    db = Database(settings.database_url.get_secret_value(), 1, 2)
    await db.open()
    try:
        store = await import_boundaries(command, SERVICE)
        async with transaction(db, "catalog", None) as tx:
            return await store(tx)
    finally:
        await db.close()


def main(arguments: list[str] | None = None) -> None:
    asked = argparse.ArgumentParser(prog="python -m catalog.commands.import_boundaries")
    asked.add_argument("file", type=Path)
    for option, default in (("name-column", "name"), ("name-long-column", "name_long"), ("admin-level", "0")):
        asked.add_argument(f"--{option}", default=default)
    asked.add_argument("--wipe", action="store_true", help="delete the boundaries that are there first")
    options = vars(asked.parse_args(arguments))
    try:
        command = ImportBoundaries(collection=_collection(options.pop("file")), **options)
        print(asyncio.run(run(load(Settings), command)).model_dump_json())
    except DomainError as error:
        sys.exit(error.detail)


def _collection(file: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        sys.exit(f"{file}: {error}")
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    main()
