"""The window of a raster that an outline needs, as a file of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import shapely
from rasterio.enums import MaskFlags
from rasterio.io import DatasetReader, DatasetWriter

from extracts.addresses import name_of
from extracts.drafts import draft_of
from extracts.errors import ExtractTooLarge, NoOverlap
from extracts.outline import Outline
from extracts.raster.formats import RasterFormat, cog_options, cog_source_options, geotiff_options
from extracts.raster.grid import TILE, Grid, Window, apart, around, blocks, strips
from extracts.raster.mask import Empty, box_in, outline_in, outside
from extracts.raster.overviews import add_overviews, resampling_of
from extracts.raster.properties import carry_over, copy_colours
from extracts.raster.source import grid_of, open_raster, read_pixels

PIECE = 12 << 20
"""Bytes that are read at once, in tiles; what the next row needs again of the source fits in GDAL's cache."""
MAX_STRIP = 28 << 20
"""Bytes of a row of the source's tiles, up to which the result is in strips as the reference's."""
COG_CACHE = 8 << 20
"""Bytes that GDAL's COG writer may keep of decoded blocks: it needs about 50 MB beside them for its overviews."""
MAX_PIXELS = 20_000_000_000
MAX_TILES = 4_000_000
"""Of a result with two windows far apart: its index has an entry for every tile, written or not."""
Progress = Callable[[float], None]


@dataclass(frozen=True)
class RasterExtract:
    """`window`: of the source, around all that were copied. `pixels`: those copied, of one band."""

    window: Window
    windows: tuple[Window, ...]
    pixels: int
    nodata: float | None


def cut_raster(
    source: str | Path, outline: Outline, target: Path, chosen: RasterFormat | None = None,
    max_pixels: int = MAX_PIXELS, progress: Progress = lambda share: None,
) -> RasterExtract:  # fmt: skip
    """Writes every pixel that the outline's box touches; `target` is there when this returns, and only then.

    `progress` takes the share that is done, from 0 to 1, and may raise to stop. NoOverlap where the source has nothing
    there; ExtractTooLarge beyond `max_pixels`; SourceInvalid for a source that cannot be read.
    """
    chosen = chosen or RasterFormat()
    with open_raster(source) as dataset, draft_of(target) as draft:
        windows = windows_of(dataset, outline)
        _check_size(windows, max_pixels)
        cut = _Cut.of(dataset, outline, windows, chosen)
        if chosen.driver == "COG":
            _write_cog(cut, draft, progress)
        else:
            _write_geotiff(cut, draft, progress)
    return RasterExtract(cut.total, tuple(windows), sum(one.pixels for one in windows), cut.empty.nodata)


def windows_of(dataset: DatasetReader, outline: Outline) -> list[Window]:
    """One, or one on each side of the antimeridian; NoOverlap where there is none."""
    grid: Grid = grid_of(dataset)
    found = [grid.window(*box_in(dataset, box)) for box in outline.boxes]
    windows = [one for one in found if one]
    if not windows:
        raise NoOverlap("no_overlap", f"{name_of(dataset.name)} has nothing where the area is.")
    return apart(windows)


def _check_size(windows: list[Window], max_pixels: int) -> None:
    pixels, total = sum(one.pixels for one in windows), around(windows)
    tiles = -(-total.width // TILE) * -(-total.height // TILE)
    if pixels > max_pixels:
        raise ExtractTooLarge(
            "extract_too_large", f"The area has {pixels:,} pixels of this raster; at most {max_pixels:,} are given.",
            pixels=pixels,
        )  # fmt: skip
    if len(windows) > 1 and tiles > MAX_TILES:
        raise ExtractTooLarge(
            "extract_too_wide",
            "The area lies on both sides of the antimeridian, too far apart for one file of this raster.",
            tiles=tiles,
        )


@dataclass(frozen=True)
class _Cut:
    source: DatasetReader
    windows: list[Window]
    total: Window
    chosen: RasterFormat
    empty: Empty
    shape: shapely.Geometry | None
    """What lies outside of it becomes empty."""

    @classmethod
    def of(cls, source: DatasetReader, outline: Outline, windows: list[Window], chosen: RasterFormat) -> "_Cut":
        shape = outline_in(source, outline) if chosen.outside == "empty" else None
        empty = Empty.of(source, shape is not None or len(windows) > 1)
        return cls(source, windows, around(windows), chosen, empty, shape)

    @property
    def has_mask(self) -> bool:
        """Whether the result keeps a mask of its own: the source does, or only a mask can say what is empty."""
        flags = self.source.mask_flag_enums[0]
        return self.empty.masked or (MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags)

    @property
    def is_tiled(self) -> bool:
        """Strips of the whole width need memory for a row of the source's tiles; two windows leave holes."""
        return len(self.windows) > 1 or self.row_bytes * self.source.block_shapes[0][0] > MAX_STRIP

    @property
    def row_bytes(self) -> int:
        return self.total.width * self.source.count * np.dtype(self.source.dtypes[0]).itemsize

    def pieces(self, tiled: bool) -> Iterator[Window]:
        pixel_bytes = self.source.count * np.dtype(self.source.dtypes[0]).itemsize
        for window in self.windows:
            if tiled:
                yield from blocks(window, self.total, self.source.block_shapes[0][0], PIECE // pixel_bytes // TILE)
            else:
                yield from strips(window, self.source.block_shapes[0][0], max(MAX_STRIP // self.row_bytes, 1))

    def profile(self) -> dict[str, Any]:
        (row, _), (column, _) = self.total.slices
        return {
            "width": self.total.width, "height": self.total.height, "count": self.source.count,
            "dtype": self.source.dtypes[0], "crs": self.source.crs, "nodata": self.empty.nodata,
            "transform": self.source.transform @ rasterio.Affine.translation(column, row),
        } | copy_colours(self.source)  # fmt: skip

    def copy(self, target: DatasetWriter, tiled: bool, progress: Progress) -> None:
        carry_over(self.source, target)
        done, pixels = 0, sum(one.pixels for one in self.windows)
        for piece in self.pieces(tiled):
            self._copy(piece, target)
            done += piece.pixels
            progress(done / pixels)

    def _copy(self, piece: Window, target: DatasetWriter) -> None:
        there = piece.within(self.total).slices
        values = read_pixels(self.source, piece)
        beyond = self._beyond(piece)
        if beyond is not None:
            values[:, beyond] = self.empty.value
        target.write(values, window=there)
        if self.has_mask:
            valid = self.source.dataset_mask(window=piece.slices)
            target.write_mask(valid if beyond is None else np.where(beyond, 0, valid), window=there)

    def _beyond(self, piece: Window) -> np.ndarray | None:
        if self.shape is None:
            return None
        place = self.source.transform @ rasterio.Affine.translation(piece.column, piece.row)
        return outside(self.shape, piece, place)


def _write_geotiff(cut: _Cut, draft: Path, progress: Progress) -> None:
    tiled = cut.is_tiled or cut.chosen.overviews
    with _created(draft, cut, geotiff_options(cut.chosen, tiled)) as target:
        cut.copy(target, tiled, progress)
    if cut.chosen.overviews:
        add_overviews(draft, resampling_of(cut.source, cut.chosen.resampling))


def _write_cog(cut: _Cut, draft: Path, progress: Progress) -> None:
    plain, dtype = draft.with_name(f"plain-{draft.name}"), cut.source.dtypes[0]
    with _created(plain, cut, cog_source_options(dtype)) as target:
        cut.copy(target, True, lambda share: progress(share / 2))
    options = cog_options(dtype, resampling_of(cut.source, cut.chosen.resampling))
    with rasterio.Env(GDAL_CACHEMAX=COG_CACHE):
        rasterio.shutil.copy(plain, draft, **options)
    progress(1.0)


def _created(path: Path, cut: _Cut, options: dict[str, Any]) -> DatasetWriter:
    return rasterio.open(path, "w", **(cut.profile() | options))
