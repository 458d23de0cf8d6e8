"""Sources and boundaries of the packages that end-to-end tests make: small, generated, with their sums."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from stack.home import Home

STORM = "storm.global_mosaics_version_1"
NAMES = tuple(f"STORM_FIXED_RETURN_PERIODS_constant_{years}_YR_RP.tif" for years in (10, 20))
SIZE = (360, 180)
ZAMBIA = [[22.0, -18.0], [33.5, -18.0], [33.5, -8.3], [22.0, -8.3], [22.0, -18.0]]
SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "packages"
REAL = ("gridfinder.version_1", "isimp_drought.version_1")
"""Processors whose sources come from the shared sample, where it lies beside the repository."""
OWN = {"type": "Polygon", "coordinates": [[[28.1, -15.9], [30.9, -15.9], [30.9, -13.1], [28.1, -15.9]]]}
"""A triangle in Zambia; the pixel in its north-west corner lies outside."""


def prepare(home: Home) -> Path:
    """Writes the rasters where the processor looks for them, and returns the list of sources for the settings."""
    root = home.folder("processing")
    folder = source_folder(root, STORM)
    folder.mkdir(parents=True, exist_ok=True)
    files = [_made(folder / name, seed) for seed, name in enumerate(NAMES)]
    catalogue = root / "catalogue.json"
    catalogue.write_text(json.dumps({STORM: {"files": files}} | _real(root)))
    return catalogue


def source_folder(root: Path, processor: str) -> Path:
    """`root` of a worker, or of the shared sample."""
    return root.joinpath(*processor.split("."), "source_data")


def _real(root: Path) -> dict[str, Any]:
    if not SAMPLE.is_dir():
        return {}
    for processor in REAL:
        sample = source_folder(SAMPLE / "sources", processor)
        shutil.copytree(sample, source_folder(root, processor), dirs_exist_ok=True)
    sources = json.loads((SAMPLE / "sources" / "catalogue.json").read_text())
    return {processor: sources[processor] for processor in REAL}


def values(seed: int) -> np.ndarray:
    """Returns the pixels of a world in degrees, height x width."""
    return np.random.default_rng(seed).uniform(0, 80, SIZE[::-1]).astype("float32")


def _made(path: Path, seed: int) -> dict[str, Any]:
    options = {"crs": "EPSG:4326", "transform": rasterio.Affine(1, 0, -180, 0, -1, 90), "nodata": -1, "count": 1}
    with rasterio.open(path, "w", driver="GTiff", width=SIZE[0], height=SIZE[1], dtype="float32", **options) as target:
        target.write(values(seed), 1)
    content = path.read_bytes()
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return {"name": path.name, "kind": "raster", "crs": "EPSG:4326", "bytes": len(content), "sha1": sha1}


def boundaries() -> dict[str, Any]:
    """Returns two countries as the import takes them, and one without a name."""
    features = [_feature("Zambia", "Zambia", ZAMBIA), _feature("Côte d'Ivoire", "Côte d'Ivoire", _moved(ZAMBIA)),
                _feature("-99", "Nowhere", ZAMBIA)]  # fmt: skip
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    return {"type": "FeatureCollection", "crs": crs, "features": features}


def _moved(ring: list[list[float]]) -> list[list[float]]:
    return [[x - 30, y + 20] for x, y in ring]


def _feature(name: str, name_long: str, ring: list[list[float]]) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"name": name, "name_long": name_long}, "geometry": geometry}
