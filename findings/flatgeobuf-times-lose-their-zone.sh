#!/usr/bin/env bash
# Two moments nearly six hours apart, 00:00+05:45 and 00:00Z, in a file of GeoJSON and in the FlatGeobuf that GDAL makes of
# it. Read as Arrow, GeoJSON gives two moments in UTC; FlatGeobuf gives two equal times without a zone, although it holds
# both zones: only `datetime_as_string` shows them. A GeoPackage that is made of that stream says that they are equal in UTC.
# Zones in Arrow streams are discussed in geopandas/pyogrio#487 and OSGeo/gdal#11212; ogr2ogr asks for texts since then,
# `open_arrow` does not by itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pyogrio==0.13.0 numpy==2.4.6 pyarrow==26.0.1
env/bin/python - <<'PY'
import json
import warnings

import pyarrow
import pyogrio
from pyogrio import raw

warnings.simplefilter("ignore")
print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version_string__, "pyarrow", pyarrow.__version__)
TIMES = ["2026-01-01T00:00:00+05:45", "2026-01-01T00:00:00Z"]
place = {"type": "Point", "coordinates": [85.3, 27.7]}
features = [{"type": "Feature", "geometry": place, "properties": {"time": time}} for time in TIMES]
with open("times.geojson", "w") as file:
    json.dump({"type": "FeatureCollection", "features": features}, file)


def copy(source, target, driver, **options):
    with raw.open_arrow(source, use_pyarrow=True, **options) as (meta, reader):
        raw.write_arrow(
            reader, target, driver=driver, geometry_type="Point", crs="EPSG:4326", SPATIAL_INDEX="NO",
            geometry_name=meta["geometry_name"] or "wkb_geometry",
        )


def times(file, **options):
    with raw.open_arrow(file, use_pyarrow=True, **options) as (_, reader):
        column = reader.read_all()["time"]
    return str(column.type), [str(one) for one in column.to_pylist()]


copy("times.geojson", "times.fgb", "FlatGeobuf", datetime_as_string=True)
copy("times.fgb", "times.gpkg", "GPKG")
seen = {name: times(f"times.{name}") for name in ("geojson", "fgb", "gpkg")}
seen["fgb as string"] = times("times.fgb", datetime_as_string=True)
for name, found in seen.items():
    print(f"{name:14}", *found)
assert seen["geojson"] == ("timestamp[ms, tz=UTC]", ["2025-12-31 18:15:00+00:00", "2026-01-01 00:00:00+00:00"])
assert seen["fgb as string"] == ("string", TIMES), "the file does not hold the zones"
assert seen["fgb"] == ("timestamp[ms]", ["2026-01-01 00:00:00"] * 2), "FlatGeobuf gives something else now"
assert seen["gpkg"] == ("timestamp[ms, tz=UTC]", ["2026-01-01 00:00:00+00:00"] * 2)
PY
