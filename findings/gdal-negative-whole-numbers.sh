#!/usr/bin/env bash
# GDAL takes a negative whole number of 19 digits in GeoJSON for a floating-point number, although 64 bits hold it:
# -1000000000000000001 comes back as -1000000000000000000. Its positive twin is an integer and keeps its last digit.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pyogrio==0.13.0 numpy==2.4.6
env/bin/python - <<'PY'
import json

import pyogrio
from pyogrio import raw

print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version__)


def read_back(number: int) -> tuple[int, str]:
    geometry = {"type": "Point", "coordinates": [0, 0]}
    feature = {"type": "Feature", "geometry": geometry, "properties": {"number": number}}
    with open("one.geojson", "w") as file:
        json.dump({"type": "FeatureCollection", "features": [feature]}, file)
    meta, _, _, columns = raw.read("one.geojson")
    return int(columns[0][0]), str(meta["dtypes"][0])


for number in (10**18 + 1, -(10**18) + 1, -(10**18) - 1):
    print(number, "comes back as", read_back(number))
assert read_back(10**18 + 1) == (10**18 + 1, "int64")
assert read_back(-(10**18) + 1) == (-(10**18) + 1, "int64")
assert read_back(-(10**18) - 1) == (-(10**18), "float64")
PY
