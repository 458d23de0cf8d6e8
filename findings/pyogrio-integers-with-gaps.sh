#!/usr/bin/env bash
# pyogrio's numpy reader makes floating-point numbers of a FlatGeobuf's whole numbers and booleans where one value is
# missing: 9007199254740993 comes back as 9007199254740992.0, true as 1.0, although the file holds both exactly.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pyogrio==0.13.0 numpy==2.4.6 shapely==2.1.2
env/bin/python - <<'PY'
import numpy
import pyogrio
import shapely
from pyogrio import raw

print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version__, "numpy", numpy.__version__)
points = shapely.to_wkb(numpy.array([shapely.Point(n, n) for n in range(2)]))


def read_back(missing: list[bool]) -> list[numpy.ndarray]:
    numbers, truths = numpy.array([2**53 + 1, 5]), numpy.array([True, False])
    mask = numpy.array(missing)
    raw.write(
        "gaps.fgb", points, [numbers, truths], ["number", "truth"], field_mask=[mask, mask], geometry_type="Point",
        crs="EPSG:4326", driver="FlatGeobuf", SPATIAL_INDEX="NO",
    )
    return raw.read("gaps.fgb")[3]


whole, gaps = read_back([False, False]), read_back([False, True])
print("no value missing:", [column.tolist() for column in whole], [str(column.dtype) for column in whole])
print("one is missing:  ", [column.tolist() for column in gaps], [str(column.dtype) for column in gaps])
assert [column.tolist() for column in whole] == [[9007199254740993, 5], [True, False]]
assert [str(column.dtype) for column in gaps][0] == "float64"
assert gaps[0][0] == 9007199254740992.0
assert gaps[1][0] == 1.0 and str(gaps[1].dtype) != "bool"
PY
