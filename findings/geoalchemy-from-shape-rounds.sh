#!/usr/bin/env bash
# GeoAlchemy2 takes a Shapely geometry as WKB and sends it to PostGIS as text unless it is `extended`: coordinates are rounded.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q geoalchemy2==0.20.0 shapely==2.2.0 sqlalchemy==2.0.51
"$folder/venv/bin/python" - <<'PY'
import random
from importlib.metadata import version

import shapely
from geoalchemy2 import Geometry
from geoalchemy2.shape import from_shape
from sqlalchemy.dialects import postgresql

print("geoalchemy2", version("geoalchemy2"), "shapely", version("shapely"), "GEOS", shapely.geos_version_string)
sent = Geometry("POINT", 4326).bind_processor(postgresql.dialect())
point = shapely.Point(0.30278254703574703, 1)
plain, extended = sent(from_shape(point, 4326)), sent(from_shape(point, 4326, extended=True))
print("drawn:            ", repr(point.x))
print("from_shape sends: ", plain)
print("extended=True:    ", extended)
random.seed(7)
points = [shapely.Point(random.uniform(-1, 1), random.uniform(-1, 1)) for _ in range(10_000)]
changed = sum(shapely.from_wkt(sent(from_shape(p, 4326)).partition(";")[2]) != p for p in points)
kept = sum(shapely.from_wkb(sent(from_shape(p, 4326, extended=True))).equals_exact(p, 0) for p in points)
print(f"of 10,000 random points within a degree of Null Island {changed} are altered as text, {10_000 - kept} when extended")
assert plain == "SRID=4326;POINT (0.302782547035747 1)", "from_shape sends something else now"
assert changed > 3_000 and kept == 10_000, "the rounding has changed"
PY
