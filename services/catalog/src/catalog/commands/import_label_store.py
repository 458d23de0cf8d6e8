"""`python -m catalog.commands.import_label_store URL [--schema S] [--replace OLD NEW]`: takes over the PostgreSQL
database of a LabelAPI into an empty label store; ids, hashes and dates stay. `--replace` moves paths of files that
begin with OLD. Prints counts of what was taken over, merged, altered and left out; exits with 1 and a sentence when
nothing was.
"""

import argparse
import asyncio
import sys

import orjson
import psycopg

from catalog.labelstore.takeover.source import NoReference, opened
from catalog.labelstore.takeover.usecases import Takeover
from catalog.settings import Settings
from kit.db.database import plain_url
from kit.settings import load


async def run(settings: Settings, url: str, schema: str, replace: tuple[str, str]) -> dict[str, int]:
    """Raises NoReference, psycopg.Error."""
    target = await psycopg.AsyncConnection.connect(plain_url(settings.database_url.get_secret_value()), autocommit=True)
    async with target, await psycopg.AsyncConnection.connect(url) as source:
        reference = await opened(source, schema)
        return await Takeover(reference, target, replace).run()


def main(arguments: list[str] | None = None) -> None:
    asked = argparse.ArgumentParser(prog="python -m catalog.commands.import_label_store")
    asked.add_argument("url", help="postgresql://... of the LabelAPI")
    asked.add_argument("--schema", default="public")
    asked.add_argument("--replace", nargs=2, default=("", ""), metavar=("OLD", "NEW"))
    options = asked.parse_args(arguments)
    try:
        counts = asyncio.run(run(load(Settings), options.url, options.schema, tuple(options.replace)))
    except (NoReference, psycopg.Error) as problem:
        sys.exit(str(problem).strip())
    print(orjson.dumps(counts).decode())


if __name__ == "__main__":
    main()
