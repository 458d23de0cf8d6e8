"""rustac and stac-geoparquet: each collection to GeoParquet and back, by both libraries, each reading what the other
wrote."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet
import rustac
import stac_geoparquet.arrow


def theirs(items: list, file: Path) -> None:
    table = stac_geoparquet.arrow.parse_stac_items_to_arrow(items)
    stac_geoparquet.arrow.to_parquet(table.read_all() if hasattr(table, "read_all") else table, file)


def reread(file: Path) -> list[dict]:
    table = pyarrow.parquet.read_table(file)
    return list(stac_geoparquet.arrow.stac_table_to_items(table))


async def tried(items: list[dict], folder: Path) -> dict:
    answers = {}
    for name, write in {
        "rustac": lambda file: rustac.write(str(file), items),
        "stac-geoparquet": lambda file: asyncio.to_thread(theirs, items, file),
    }.items():
        file = folder / f"{name}.parquet"
        try:
            await write(file)
        except Exception as error:
            answers[name] = f"writing: {type(error).__name__}: {error}"[:600]
            continue
        for reader, read in {
            "rustac": lambda file=file: rustac.read(str(file)),
            "stac-geoparquet": lambda file=file: asyncio.to_thread(reread, file),
        }.items():
            key = f"{name}, read by {reader}"
            try:
                found = await read()
            except Exception as error:
                answers[key] = f"reading: {type(error).__name__}: {error}"[:600]
                continue
            back = found["features"] if isinstance(found, dict) else found
            answers[key] = {one["id"]: one["properties"] for one in back}
    return answers


async def main() -> None:
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        answers = {}
        for name, items in asked["collections"].items():
            place = Path(folder) / name
            place.mkdir()
            answers[name] = await tried(items, place)
    print(json.dumps(answers, default=str))


asyncio.run(main())
