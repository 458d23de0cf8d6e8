"""What an extract would be, before it is made: size, time and figures, from headers and a sample."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from rasterio.io import DatasetReader

from extracts.outline import Outline
from extracts.raster.cut import windows_of
from extracts.raster.grid import Window
from extracts.raster.source import open_raster, read_pixels
from extracts.vector.files import open_vector
from extracts.vector.layer import Layer

ACROSS = 3
"""Blocks of a raster, each way, that are read for its figures."""
SIDE = 512
"""Pixels of a side that are taken of each."""
READING_TIME = 3.0
"""Seconds that are spent on reading features; the rest is estimated."""
RASTER_SPEED = 60e6
"""Bytes of decoded pixels a second that one core copies."""
OVERHEAD = 80
"""Bytes that a file needs for a feature beside its values."""
VECTOR_SPEED = 150_000
"""Features a second that one core reads, tests and writes."""


@dataclass(frozen=True)
class RasterEstimate:
    """`bytes`: of pixels, as large as a PackBits file gets. The figures are of a sample, over cells with data."""

    pixels: int
    bytes: int
    seconds: float
    least: float | None
    most: float | None
    mean: float | None
    empty_share: float


@dataclass(frozen=True)
class VectorEstimate:
    """`exact`: all features near the area were looked at; else the figures are the most that there may be."""

    features: int
    bytes: int
    seconds: float
    kinds: dict[str, int]
    exact: bool


def estimate_raster(source: str | Path, outline: Outline) -> RasterEstimate:
    """Reads the header and up to nine small pieces; NoOverlap as the cut would say it."""
    with open_raster(source) as dataset:
        windows = windows_of(dataset, outline)
        pieces = [piece for window in windows for piece in _pieces(window, dataset.block_shapes[0])]
        samples = [_values(dataset, piece) for piece in pieces]
        pixels = sum(one.pixels for one in windows)
        size = pixels * dataset.count * np.dtype(dataset.dtypes[0]).itemsize
    filled = np.concatenate([one[~np.isnan(one)] for one in samples])
    empty = float(np.mean([np.isnan(one).mean() for one in samples]))
    low, high, mean = (filled.min(), filled.max(), filled.mean()) if filled.size else (None, None, None)
    return RasterEstimate(pixels, size, size / RASTER_SPEED, _number(low), _number(high), _number(mean), empty)


def _number(figure: np.floating | None) -> float | None:
    return None if figure is None else float(figure)


def _pieces(window: Window, block: tuple[int, int]) -> list[Window]:
    """Spread evenly, each within one block of the source, so that no more than these are read."""
    rows = _spread(window.row, window.row + window.height, block[0])
    columns = _spread(window.column, window.column + window.width, block[1])
    return [Window(column, row, width, height) for row, height in rows for column, width in columns]


def _spread(start: int, end: int, step: int) -> list[tuple[int, int]]:
    """Beginnings and lengths of up to `ACROSS` blocks of a side."""
    first, last = start // step, (end - 1) // step
    chosen = np.unique(np.linspace(first, last, min(ACROSS, last - first + 1)).astype(int)).tolist()
    edges = [(max(one * step, start), min((one + 1) * step, end)) for one in chosen]
    return [(begin, min(until - begin, SIDE)) for begin, until in edges]


def _values(dataset: DatasetReader, piece: Window) -> np.ndarray:
    """Of the first band, NaN where there is no data."""
    values = read_pixels(dataset, piece)[0].astype(float)
    values[dataset.read_masks(1, window=piece.slices) == 0] = np.nan
    return values.ravel()


def estimate_vector(source: str | Path, outline: Outline, layer: str | None = None) -> VectorEstimate:
    """Tests features for up to three seconds, and takes those as an example of the rest."""
    with open_vector(source, outline.boxes, layer) as found:
        return estimate_layer(found, outline)


def estimate_layer(found: Layer, outline: Outline) -> VectorEstimate:
    """The same for features from elsewhere."""
    shapely.prepare(outline.surface)
    read = size = 0
    kinds: dict[str, int] = {}
    started, exact = time.monotonic(), True
    for batch in found.batches:
        shapes = batch.shapes()
        meets = shapely.intersects(outline.surface, shapes)
        read += len(shapes)
        kept = batch.take(meets)
        size += kept.wkb.nbytes + kept.attributes.nbytes + len(kept.wkb) * OVERHEAD
        for one in shapes[meets]:
            kinds[one.geom_type] = kinds.get(one.geom_type, 0) + 1
        if time.monotonic() - started > READING_TIME:
            exact = False
            break
    factor = 1.0 if exact or not found.total else max(found.total / read, 1.0)
    features = round(sum(kinds.values()) * factor)
    return VectorEstimate(features, round(size * factor), read * factor / VECTOR_SPEED, kinds, exact)
