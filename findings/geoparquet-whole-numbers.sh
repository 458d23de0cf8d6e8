#!/usr/bin/env bash
# Two writers of STAC GeoParquet, one column in which an item has a fraction and another a whole number over 2^53 (both
# are valid JSON numbers of a valid STAC property):
#   rustac           writes it, and the whole number comes back as another number, without a word
#   stac-geoparquet  refuses the whole collection, naming the number
# So whether a catalogue loses digits or cannot be exported at all depends on the library, and on which items happen to
# be written together: each item alone goes through both libraries unchanged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'rustac[arrow]==0.9.18' stac-geoparquet==0.8.3 pyarrow==26.0.1

cat > "$folder/show.py" <<'PYTHON'
import asyncio
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet
import rustac
import stac_geoparquet.arrow

LARGE = 2**60 + 1


def item(name, value):
    return {
        "type": "Feature", "stac_version": "1.1.0", "id": name, "bbox": [1.0, 2.0, 1.0, 2.0], "links": [], "assets": {},
        "geometry": {"type": "Point", "coordinates": [1.0, 2.0]},
        "properties": {"datetime": "2026-01-01T00:00:00Z", "example:measured": value},
    }


async def with_rustac(items, file):
    await rustac.write(str(file), items)
    return (await rustac.read(str(file)))["features"]


async def with_stac_geoparquet(items, file):
    table = stac_geoparquet.arrow.parse_stac_items_to_arrow(items)
    stac_geoparquet.arrow.to_parquet(table.read_all() if hasattr(table, "read_all") else table, file)
    return list(stac_geoparquet.arrow.stac_table_to_items(pyarrow.parquet.read_table(file)))


async def main():
    seen = {}
    for name, tried in (("rustac", with_rustac), ("stac-geoparquet", with_stac_geoparquet)):
        for what, items in (
            ("alone", [item("large", LARGE)]),
            ("together", [item("large", LARGE), item("half", 0.5)]),
        ):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    back = await tried(items, Path(folder) / "items.parquet")
                    values = {one["id"]: one["properties"]["example:measured"] for one in back}
                    seen[name, what] = int(values["large"])
                except pyarrow.ArrowInvalid as error:
                    seen[name, what] = f"refused: {error}"
            print(f"{name:16} {what:9} {LARGE} -> {seen[name, what]}")
    return seen


print("rustac", version("rustac"), "stac-geoparquet", version("stac-geoparquet"), "pyarrow", version("pyarrow"))
seen = asyncio.run(main())
same = (
    seen["rustac", "alone"] == LARGE and seen["stac-geoparquet", "alone"] == LARGE
    and seen["rustac", "together"] == 2**60 and str(seen["stac-geoparquet", "together"]).startswith("refused")
)
if not same:
    sys.exit("The behaviour has changed.")
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
