#!/usr/bin/env bash
# `rasterio.mask.mask(crop=True)` of a box that lies exactly on the edges of pixels: on some boxes the result has a row or a column more
# than the box has, filled with nodata, on others it has not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv" 2>/dev/null || python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "rasterio==1.4.4; python_version < '3.12'" "rasterio==1.5.2; python_version >= '3.12'" shapely==2.2.0
"$folder/venv/bin/python" -W ignore - <<'PY'
import numpy as np
import rasterio
import shapely
from rasterio.io import MemoryFile
from rasterio.mask import mask

print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
place = rasterio.Affine(0.05, 0, -18, 0, -0.05, 28)
profile = {"driver": "GTiff", "width": 380, "height": 380, "count": 1, "dtype": "uint8", "crs": "EPSG:4326", "transform": place}
sizes = {}
with MemoryFile() as memory:
    with memory.open(**profile) as target:
        target.write(np.ones((1, 380, 380), "uint8"))
    with memory.open() as dataset:
        for column in (1, 7, 100, 333):
            west, north = place @ (column, 20) if hasattr(place, "__matmul__") else place * (column, 20)
            box = shapely.box(west, north - 10 * 0.05, west + 10 * 0.05, north)
            sizes[column] = mask(dataset, [box], crop=True)[0].shape[1:]
print("boxes of 10 x 10 pixels become (rows, columns):", sizes)
assert any(size != (10, 10) for size in sizes.values()), "all boxes have their pixels now"
PY
