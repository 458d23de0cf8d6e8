"""Rasters at an address: only the blocks that are needed travel."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from extracts.errors import SourceNotAvailable
from extracts.raster import cut_raster
from extracts.testing import FileServer, MakeRaster, file_server, outline
from extracts.vector import cut_vector

SIZE = 200 << 20


def test_only_the_blocks_of_the_window_travel(make_raster: MakeRaster, server: FileServer, tmp_path: Path):
    values = np.random.default_rng(5).integers(0, 60_000, (6000, 6000)).astype("uint16")
    source = make_raster(values, pixel=0.01, tiled=True, blockxsize=256, blockysize=256, compress="deflate")
    found = cut_raster(f"{server.url}/source.tif", outline(shapely.box(20, -40, 39, -21)), tmp_path / "out.tif")
    rows, columns = (range(start // 256, (end - 1) // 256 + 1) for start, end in found.window.slices)
    with rasterio.open(source) as dataset, rasterio.open(tmp_path / "out.tif") as cut:
        needed = sum(int(dataset.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", bidx=1)) for x in columns for y in rows)
        np.testing.assert_array_equal(
            cut.read(1), values[slice(*found.window.slices[0]), slice(*found.window.slices[1])]
        )
    assert server.sent <= 1.05 * needed
    assert len(server.requests) + server.heads <= len(rows) + 5
    assert None not in server.requests, "the whole file was asked for"


def refused(address: str, tmp_path: Path) -> str:
    with pytest.raises(SourceNotAvailable) as caught:
        cut_raster(address, outline(shapely.box(0, 0, 1, 1)), tmp_path / "out.tif")
    vector = address.replace(".tif", ".parquet")
    for other in (vector, address.replace(".tif", ".fgb")):
        with pytest.raises(SourceNotAvailable) as again:
            cut_vector(other, outline(shapely.box(0, 0, 1, 1)), tmp_path / "out.gpkg")
        assert again.value.code == caught.value.code
    return caught.value.code


def test_an_address_that_has_nothing_or_does_not_answer(server: FileServer, tmp_path: Path):
    assert refused(f"{server.url}/none.tif", tmp_path) == "source_unreachable"
    assert refused("http://127.0.0.1:9/none.tif", tmp_path) == "source_unreachable"


def test_a_server_of_whole_files_is_told_apart_and_nothing_is_downloaded(make_raster: MakeRaster, tmp_path: Path):
    """Some megabytes lie in the buffers of the connection before it is closed."""
    make_raster(np.zeros((30, 30), dtype="uint8"))
    for ending in ("tif", "parquet", "fgb"):
        (tmp_path / f"source.{ending}").touch()
        os.truncate(tmp_path / f"source.{ending}", SIZE)
    with file_server(tmp_path, ranges=False) as server:
        assert refused(f"{server.url}/source.tif", tmp_path) == "source_without_ranges"
        assert server.sent < SIZE / 2
