"""A raster in strips, once more in tiles: a window of strips makes GDAL read all of their width."""

from pathlib import Path

import numpy as np
import rasterio

from extracts.drafts import draft_of
from extracts.raster.formats import cog_source_options
from extracts.raster.grid import TILE, Window, blocks
from extracts.raster.properties import carry_over, copy_colours
from extracts.raster.source import grid_of, open_raster, read_pixels

BAND = 32 << 20


def retile(source: Path, target: Path) -> Path:
    """The same pixels and properties in tiles of 512, for a cache of sources. Memory stays that of a row of tiles."""
    with open_raster(source) as dataset, draft_of(target) as draft:
        grid_of(dataset)
        options = {**cog_source_options(dataset.dtypes[0]), "zstd_level": 6}
        with rasterio.open(draft, "w", **{**dataset.profile, **copy_colours(dataset), **options}) as tiled:
            carry_over(dataset, tiled)
            whole = Window(0, 0, dataset.width, dataset.height)
            for piece in blocks(whole, whole, TILE, _columns(dataset)):
                tiled.write(read_pixels(dataset, piece), window=piece.slices)
    return target


def _columns(dataset: rasterio.DatasetReader) -> int:
    return BAND // (TILE * np.dtype(dataset.dtypes[0]).itemsize * dataset.count)
