"""Smaller versions of a raster for maps that show all of it."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.io import DatasetReader

from extracts.raster.grid import TILE


def resampling_of(source: DatasetReader, chosen: str | None) -> str:
    """An average of classes would be a class that is not there."""
    if chosen:
        return chosen
    is_whole = source.count == 1 and np.dtype(source.dtypes[0]).kind in "iu"
    return "mode" if is_whole or ColorInterp.palette in source.colorinterp else "average"


def add_overviews(path: Path, resampling: str) -> None:
    """Halved until one tile shows all."""
    with rasterio.open(path, "r+") as dataset:
        factors, factor = [], 2
        while max(dataset.width, dataset.height) * 2 > factor * TILE:
            factors.append(factor)
            factor *= 2
        if factors:
            dataset.build_overviews(factors, Resampling[resampling])
