"""Rasters cut by an outline: pixels are copied, never resampled."""

from extracts.raster.cut import RasterExtract, cut_raster
from extracts.raster.formats import RasterFormat
from extracts.raster.retile import retile

__all__ = ["RasterExtract", "RasterFormat", "cut_raster", "retile"]
