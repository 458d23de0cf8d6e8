#!/usr/bin/env bash
# The intersection of a line with a polygon around all of it is not the line: where the line crosses itself it falls apart. So the number
# of parts of "cut to an outline" differs from "keep what lies within, cut the rest", though `within` is true and the lengths are equal.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q shapely==2.2.0
"$folder/venv/bin/python" -W ignore - <<'PY'
import shapely

print("shapely", shapely.__version__, "GEOS", ".".join(map(str, shapely.geos_version)))
line = shapely.LineString([(1, 1), (3, 3), (3, 1), (1, 3)])
polygon = shapely.box(0, 0, 10, 10)
parts = shapely.get_parts(line.intersection(polygon))
print("within:", line.within(polygon), "simple:", line.is_simple, "parts of the intersection:", len(parts))
print(*(part.wkt for part in parts), sep="\n")
assert line.within(polygon) and abs(sum(part.length for part in parts) - line.length) < 1e-12
assert len(parts) > 1, "the line stays whole now"
PY
