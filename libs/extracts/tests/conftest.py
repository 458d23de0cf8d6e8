"""Rasters and outlines that tests make, and the shared sample where it lies beside the repository."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from extracts.outline import Outline
from extracts.testing import FileServer, MakeRaster, file_server, sample_boundaries, shared_sample


@pytest.fixture
def make_raster(tmp_path: Path) -> MakeRaster:
    """`make_raster(values, west=…, north=…, pixel=…, **profile)`: a GeoTIFF in degrees unless told otherwise."""

    def make(
        values: np.ndarray,
        west: float = 0,
        north: float = 0,
        pixel: float = 0.1,
        name: str = "source.tif",
        **profile: Any,
    ) -> Path:
        bands = values if values.ndim == 3 else values[None]
        place = rasterio.Affine(pixel, 0, west, 0, -pixel, north)
        count, height, width = bands.shape
        options = {"driver": "GTiff", "crs": "EPSG:4326", "dtype": bands.dtype, "transform": place} | profile
        with rasterio.open(tmp_path / name, "w", count=count, height=height, width=width, **options) as target:
            target.write(bands)
        return tmp_path / name

    return make


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    """Serves `tmp_path` and counts."""
    with file_server(tmp_path) as served:
        yield served


@pytest.fixture(scope="session")
def sample() -> Path:
    return shared_sample(Path(__file__).parents[3])


@pytest.fixture(scope="session")
def boundaries(sample: Path) -> dict[str, Outline]:
    return sample_boundaries(sample)


@pytest.fixture(scope="session")
def sources(sample: Path) -> dict[str, Path]:
    """By the beginnings of their names."""
    files = {path.name: path for path in (sample / "sources").rglob("*") if path.is_file()}
    starts = {
        "drought": "lange2020_clm45_gfdl", "targets": "targets", "lv": "lv", "population": "GHS_POP",
        "built": "GHS_BUILT_C_FUN",
        "relief": "NE2", "storm": "STORM_FIXED_RETURN_PERIODS_constant_10_", "river": "inunriver", "grid": "grid.gpkg",
        "roads": "ne_10m_roads", "features": "features", "plants": "global_power",
    }  # fmt: skip
    return {
        name: next(path for file, path in files.items() if file.startswith(start)) for name, start in starts.items()
    }
