#!/usr/bin/env bash
# The package `antimeridian` alters positions of a MultiPolygon that is cut at 180 degrees already, and makes an invalid part without
# area of a polygon whose edge lies on the line.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q antimeridian==0.4.9 shapely==2.2.0
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import antimeridian
import shapely

print("antimeridian", version("antimeridian"), "shapely", version("shapely"))
cut = shapely.MultiPolygon([shapely.box(179.999, -16.8, 180, -16.7), shapely.box(-180, -16.8, -179.999, -16.7)])
fixed = antimeridian.fix_multi_polygon(cut, fix_winding=True, great_circle=False)
print("cut already:", cut.bounds, min(x for x, _ in fixed.geoms[0].exterior.coords))
touching = shapely.Polygon([(180, 10), (-179, 10), (-179, 20), (180, 20), (180, 10)])
parts = antimeridian.fix_polygon(touching, fix_winding=True, great_circle=False)
print("edge on the line:", parts.wkt, "valid:", parts.is_valid, "areas:", [part.area for part in parts.geoms])
assert 179.999 not in {x for x, _ in fixed.geoms[0].exterior.coords}, "positions stay as they are now"
assert not parts.is_valid and min(part.area for part in parts.geoms) == 0, "a touching edge makes no empty part any more"
PY
