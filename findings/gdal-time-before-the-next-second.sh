#!/usr/bin/env bash
# A time less than half a millisecond before the next second, in GeoJSON. GDAL counts a thousand milliseconds there, and
# the readers of one library, pyogrio, make three different things of it:
#   open_arrow                           12:00:12.000, nearly a second too early and before 12:00:12.500
#   open_arrow with datetime_as_string   12:00:13.000; at the end of a minute 12:00:60.000, which is no time
#   raw.read                             ValueError: microsecond must be in 0..999999
# That is one of two thousand times with microseconds, as databases write them. That milliseconds are the finest that
# there is, is documented; a lost second is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pyogrio==0.13.0 numpy==2.4.6 pyarrow==26.0.1
env/bin/python - <<'PY'
import json

import pyarrow
import pyogrio
from pyogrio import raw

print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version_string__, "pyarrow", pyarrow.__version__)


def write(times):
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}, "properties": {"time": time}}
        for time in times
    ]
    with open("times.geojson", "w") as file:
        json.dump({"type": "FeatureCollection", "features": features}, file)


def by_arrow(**options):
    with raw.open_arrow("times.geojson", use_pyarrow=True, **options) as (_, reader):
        times = reader.read_all()["time"].to_pylist()
    return [one[11:23] if isinstance(one, str) else one.time().isoformat("milliseconds") for one in times]


def by_numpy():
    try:
        return [str(one)[11:23] for one in raw.read("times.geojson")[3][0]]
    except ValueError as error:
        return str(error)


seen = {}
for clock in ("12:00:12.500000", "12:00:12.999400", "12:00:12.999600", "12:00:59.999600"):
    write([f"2026-01-01T{clock}Z"])
    seen[clock] = by_arrow()[0], by_arrow(datetime_as_string=True)[0], by_numpy()
    print(clock, "| open_arrow", seen[clock][0], "| as string", seen[clock][1], "| raw.read", seen[clock][2])
error = "microsecond must be in 0..999999"
assert seen["12:00:12.500000"] == ("12:00:12.500", "12:00:12.500", ["12:00:12.500"])
assert seen["12:00:12.999400"] == ("12:00:12.999", "12:00:12.999", ["12:00:12.999"])
assert seen["12:00:12.999600"] == ("12:00:12.000", "12:00:13.000", error), seen["12:00:12.999600"]
assert seen["12:00:59.999600"] == ("12:00:59.000", "12:00:60.000", error), seen["12:00:59.999600"]
PY
