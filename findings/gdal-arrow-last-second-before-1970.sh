#!/usr/bin/env bash
# GDAL's Arrow writer moves a time before 1970 to the next minute if it has a fraction and lies in the last second of its
# minute: the end of a day or a year, 1945-12-31T23:59:59.999, becomes 1946-01-01T00:00:00. The same from 1970 on, any other
# second before, and the same time through pyogrio's writer of numpy arrays stay as they are.
# GDAL has mended dates before 1970 in Arrow (OSGeo/gdal#9638), not times.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pyogrio==0.13.0 numpy==2.4.6 pyarrow==26.0.1 shapely==2.2.0
env/bin/python - <<'PY'
from datetime import datetime

import numpy
import pyarrow
import pyogrio
import shapely
from pyogrio import raw

print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version_string__, "pyarrow", pyarrow.__version__)
TIMES = [
    "1945-12-31T23:59:59.999", "1945-06-01T12:00:59.250", "1945-12-31T23:59:58.999", "1945-12-31T23:59:59.000",
    "1975-12-31T23:59:59.999",
]
POINTS = shapely.to_wkb(shapely.points([[0.0, 0.0]] * len(TIMES)))
PLACE = {"geometry_type": "Point", "crs": "EPSG:4326"}


def by_arrow(file, driver):
    times = pyarrow.array([datetime.fromisoformat(one) for one in TIMES], pyarrow.timestamp("ms"))
    geometry = pyarrow.field("shape", pyarrow.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    schema = pyarrow.schema([pyarrow.field("time", times.type), geometry])
    table = pyarrow.Table.from_arrays([times, pyarrow.array(POINTS)], schema=schema)
    raw.write_arrow(table, file, driver=driver, geometry_name="shape", SPATIAL_INDEX="NO", **PLACE)


def by_numpy(file, driver):
    raw.write(file, POINTS, [numpy.array(TIMES, "datetime64[ms]")], ["time"], driver=driver, SPATIAL_INDEX="NO", **PLACE)


seen = {}
for driver, ending in (("GPKG", "gpkg"), ("FlatGeobuf", "fgb")):
    for write in (by_arrow, by_numpy):
        file = f"{write.__name__}.{ending}"
        write(file, driver)
        seen[driver, write] = [str(one) for one in raw.read(file)[3][0]]
        for before, after in zip(TIMES, seen[driver, write], strict=True):
            print(f"{driver:10} {write.__name__}  {before} -> {after}{'' if before == after else '   <- moved'}")
moved = ["1946-01-01T00:00:00.000", "1945-06-01T12:01:00.000", *TIMES[2:]]
for driver in ("GPKG", "FlatGeobuf"):
    assert seen[driver, by_numpy] == TIMES, "the writer of numpy arrays alters times now"
    assert seen[driver, by_arrow] == moved, "the Arrow writer does something else now"
PY
