"""The window of a large raster beside `gdal_translate`, and over HTTP ranges."""

from pathlib import Path

import rasterio
import shapely

from extracts.raster.grid import Window
from extracts.testing import file_server
from stack.bench.extracts import generated
from stack.bench.extracts.child import Cost, middle, program, script
from stack.bench.rows import Row

ROUNDS = 3
MB = 1e6
MEMORY = "<= 160"
"""Megabytes, of any window."""
DRIVERS = ("GTiff", "COG")


def rasters(folder: Path, outline: Path, translate: str | None) -> list[Row]:
    return [row for dtype in ("uint8", "float32") for row in _of_type(folder, outline, translate, dtype)]


def _of_type(folder: Path, outline: Path, translate: str | None, dtype: str) -> list[Row]:
    source, target = generated.raster(folder / f"{dtype}.tif", dtype), folder / "ours.tif"
    ours = middle([script("cut_raster", source, outline, target, "GTiff") for _ in range(ROUNDS)])
    name = f"cut of a {dtype} raster, {ours.said['pixels'] / 1e6:.0f} Mpx"
    rows = [Row(f"{name}: memory", round(ours.memory), "MB", MEMORY, "most of the process, libraries included")]
    if translate is None:
        rows.append(Row(f"{name}: time to gdal_translate's", 0, "times", None, "not measured: install gdal-bin"))
    else:
        theirs = middle([_translate(translate, source, folder / "theirs.tif") for _ in range(ROUNDS)])
        method = f"{ours.cpu:.2f} s to {theirs.cpu:.2f} s and {theirs.memory:.0f} MB of gdal_translate, same options"
        rows.append(
            Row(f"{name}: time to gdal_translate's", round(ours.cpu / theirs.cpu, 2), "times", "<= 1.1", method)
        )
        rows.append(Row(f"{name}: equal pixels", _same(target, folder / "theirs.tif"), "", ">= 1", "all of them"))
    rows += _remote(folder, source, outline, name) + _wide(folder, source, dtype)
    for path in (target, folder / "theirs.tif", source):
        path.unlink(missing_ok=True)
    return rows


def _translate(binary: str, source: Path, target: Path) -> Cost:
    west, south, east, north = generated.box()
    return program(binary, "-q", "-projwin", west, north, east, south, "-co", "COMPRESS=PACKBITS", source, target)


def _remote(folder: Path, source: Path, outline: Path, name: str) -> list[Row]:
    with file_server(folder) as served:
        script("cut_raster", f"{served.url}/{source.name}", outline, folder / "ours.tif", "GTiff")
        needed, tile_rows = _touched(source)
        asked = len(served.requests) + served.heads
        return [
            Row(
                f"{name}, at an address: bytes to those of the touched tiles", round(served.sent / needed, 4), "times",
                "<= 1.05", f"{served.sent / MB:.1f} MB of {source.stat().st_size / MB:.1f} MB",
            ),
            Row(f"{name}, at an address: requests", asked, "", f"<= {tile_rows + 5}", f"{tile_rows} rows of tiles"),
        ]  # fmt: skip


def _wide(folder: Path, source: Path, dtype: str) -> list[Row]:
    """A window whose row of tiles takes more than the reader may hold, in both formats."""
    outline = folder / "wide.geojson"
    outline.write_text(shapely.to_geojson(generated.stripe()))
    costs = {driver: script("cut_raster", source, outline, folder / "ours.tif", driver) for driver in DRIVERS}
    return [
        Row(f"cut of a {dtype} raster, 60,000 wide, {driver}: memory", round(cost.memory), "MB", MEMORY,
            f"{cost.said['pixels'] / 1e6:.0f} Mpx, {cost.cpu:.1f} s")
        for driver, cost in costs.items()
    ]  # fmt: skip


def _touched(source: Path) -> tuple[int, int]:
    """Bytes of the tiles under the window, and how many rows of them."""
    window = Window(*generated.CORNER, *generated.WINDOW)
    rows, columns = (range(start // generated.TILE, (end - 1) // generated.TILE + 1) for start, end in window.slices)
    with rasterio.open(source) as dataset:
        sizes = [dataset.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", bidx=1) for x in columns for y in rows]
    return sum(int(size or 0) for size in sizes), len(rows)


def _same(one: Path, other: Path) -> int:
    with rasterio.open(one) as a, rasterio.open(other) as b:
        if (a.shape, a.transform, a.dtypes) != (b.shape, b.transform, b.dtypes):
            return 0
        windows = [Window(0, row, a.width, min(512, a.height - row)) for row in range(0, a.height, 512)]
        return int(all((a.read(window=one.slices) == b.read(window=one.slices)).all() for one in windows))
