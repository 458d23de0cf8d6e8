"""All figures of extracts. Peers that this machine lacks are left out, and with them the comparison."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import shapely

from stack.bench.extracts import generated
from stack.bench.extracts.rasters import rasters
from stack.bench.extracts.vectors import vectors
from stack.bench.rows import Row
from stack.home import Home
from stack.install import environment

PARTS: dict[str, Callable[[Home, Path, Path], list[Row]]] = {
    "rasters": lambda home, folder, outline: rasters(folder, outline, shutil.which("gdal_translate")),
    "vectors": lambda home, folder, outline: vectors(folder, outline, environment(home, "peers", "peers.txt")),
}


def extracts(home: Home, parts: Sequence[str] = tuple(PARTS)) -> list[Row]:
    with TemporaryDirectory(prefix="fairway-extracts-") as name:
        outline = Path(name) / "outline.geojson"
        outline.write_text(shapely.to_geojson(generated.outline()))
        return [row for part in parts for row in PARTS[part](home, Path(name), outline)]
