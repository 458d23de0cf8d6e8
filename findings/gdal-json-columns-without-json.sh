#!/usr/bin/env bash
# A property that is a number in one feature of a GeoJSON and a text in another becomes a column that GDAL calls JSON: in
# Arrow it has the extension type `arrow.json`, whose values are JSON texts by its definition. They are not: a text is there
# without its quotes, so that "about 12" cannot be parsed, "12" has become the number 12 and "null" has become nothing. Who
# takes the type at its word loses values, and who encodes them once more makes texts of all.
# That a field which GDAL calls JSON takes any text is OSGeo/gdal#14970.
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

warnings.simplefilter("ignore")
print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version_string__, "pyarrow", pyarrow.__version__)
VALUES = [12, "12", "about 12", "null", {"metres": 12}]
place = {"type": "Point", "coordinates": [0, 0]}
features = [{"type": "Feature", "geometry": place, "properties": {"height": value}} for value in VALUES]
with open("heights.geojson", "w") as file:
    json.dump({"type": "FeatureCollection", "features": features}, file)


def parsed(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return "no JSON"


column = pyogrio.read_arrow("heights.geojson")[1]["height"]
seen = [parsed(text) for text in column.to_pylist()]
print("type of the column:", column.type)
for value, text, found in zip(VALUES, column.to_pylist(), seen, strict=True):
    print(f"{json.dumps(value):16} is the text {text!r:20} which as JSON is {found!r}")
assert isinstance(column.type, pyarrow.JsonType), "the column is no JSON any more"
assert seen == [12, 12, "no JSON", None, {"metres": 12}], "the values have changed"
PY
