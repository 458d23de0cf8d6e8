"""How a cut raster is written."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from extracts.raster.grid import TILE

ZSTD_LEVEL = 9
MEDIA_TYPE = "image/tiff; application=geotiff"
COG_MEDIA_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


@dataclass(frozen=True)
class RasterFormat:
    """`outside`: cells beyond the outline keep their values, or become empty. `overviews`: of a GeoTIFF.

    `resampling` of overviews: None takes the most frequent value of classes (one band of whole numbers, or with a
    palette) and the average of anything else.
    """

    driver: Literal["GTiff", "COG"] = "GTiff"
    compress: Literal["packbits", "deflate"] = "packbits"
    """Of a GeoTIFF; DEFLATE with predictor 2 at level 6. A COG is compressed with zstd."""
    bigtiff: bool = False
    outside: Literal["keep", "empty"] = "keep"
    overviews: bool = False
    resampling: Literal["average", "mode", "nearest"] | None = None


def geotiff_options(chosen: RasterFormat, tiled: bool) -> dict[str, Any]:
    """Strips like the reference's, or tiles; tiles that nothing is written to take no place."""
    layout = {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "sparse_ok": True} if tiled else {}
    deflate = {"predictor": 2, "zlevel": 6} if chosen.compress == "deflate" else {}
    return {"driver": "GTiff", "compress": chosen.compress, "bigtiff": "YES" if chosen.bigtiff else "IF_SAFER"} | (
        deflate | layout
    )


def cog_source_options(dtype: str) -> dict[str, Any]:
    """The file that GDAL's COG writer reads; quick, since it is read once."""
    return {
        "driver": "GTiff", "tiled": True, "blockxsize": TILE, "blockysize": TILE, "sparse_ok": True, "bigtiff": "YES",
        "compress": "zstd", "zstd_level": 1, "predictor": _predictor(dtype),
    }  # fmt: skip


def cog_options(dtype: str, resampling: str) -> dict[str, Any]:
    return {
        "driver": "COG", "COMPRESS": "ZSTD", "LEVEL": str(ZSTD_LEVEL), "PREDICTOR": str(_predictor(dtype)),
        "BLOCKSIZE": str(TILE), "OVERVIEW_RESAMPLING": resampling, "SPARSE_OK": "YES", "BIGTIFF": "IF_SAFER",
    }  # fmt: skip


def _predictor(dtype: str) -> int:
    kind = np.dtype(dtype).kind
    return 3 if kind == "f" else 1 if kind == "c" else 2
