#!/usr/bin/env bash
# A position with four numbers (longitude, latitude, height, measure), which RFC 7946 (3.1.1) lets a parser read by ignoring what follows the third:
# GDAL reads it; GEOS, and with it shapely.from_geojson, refuses the whole geometry.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q --disable-pip-version-check shapely==2.1.2 pyogrio==0.12.1 numpy==2.3.4

cat > "$work/track.geojson" <<'GEOJSON'
{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry":
  {"type": "LineString", "coordinates": [[85.51, 27.62, 1400, 0], [85.52, 27.63, 1410, 12.5]]}}]}
GEOJSON

"$work/env/bin/python" - "$work/track.geojson" <<'PYTHON'
import json
import sys

import pyogrio.raw
import shapely

geometry = json.load(open(sys.argv[1]))["features"][0]["geometry"]
print("shapely", shapely.__version__, "GEOS", shapely.geos_version_string, "GDAL", pyogrio.__gdal_version_string__)

try:
    geos = shapely.from_geojson(json.dumps(geometry)).wkt
except shapely.errors.GEOSException as problem:
    geos = f"refused: {problem}"
print("shapely.from_geojson:", geos)
gdal = shapely.from_wkb(pyogrio.raw.read(sys.argv[1])[2][0]).wkt
print("GDAL:", gdal)

as_stated = geos.startswith("refused") and "more than three" in geos and gdal.startswith("LINESTRING")
sys.exit(0 if as_stated else 1)
PYTHON
