"""rasterio: opens chips inside a ZIP by its address, without downloading it first."""

import io
import json
import sys
import urllib.request
import zipfile

import rasterio

asked = json.load(sys.stdin)
with urllib.request.urlopen(asked["zip"], timeout=60) as response:
    names = zipfile.ZipFile(io.BytesIO(response.read())).namelist()
chips = [name for name in names if name.endswith((".tif", ".tiff"))]
opened = []
for name in chips[: asked["most"]]:
    with rasterio.open(f"/vsizip//vsicurl/{asked['zip']}/{name}") as chip:
        pixels = chip.read()
        opened.append({
            "name": name, "crs": str(chip.crs), "count": chip.count, "dtype": chip.dtypes[0],
            "spread": float(pixels.std()),
        })  # fmt: skip
print(json.dumps({"names": names, "chips": len(chips), "opened": opened}))
