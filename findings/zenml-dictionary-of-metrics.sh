#!/usr/bin/env bash
# A ZenML step that returns a dictionary of metrics. ZenML keeps it as one `data.json` only while every value is a plain
# Python value and every key a text. What a reader of the artifact store meets with everyday metrics:
#   {"iou": numpy.float32(0.5)}   no `data.json`: a folder for the keys, one for the values, the number in a pickle
#   {0: 0.5, 1: 0.6}              no `data.json` either, because of the keys (metrics by class number)
#   {"iou": numpy.float64(0.5)}   `data.json`: this scalar is a Python float
#   {"f1": float("nan")}          `data.json` with a bare NaN, which is not JSON: strict readers refuse the file
# All four come back from `load()` as they were, so nothing shows in ZenML itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'zenml[local]==0.98.0' numpy==2.4.6 orjson==3.11.4
export ZENML_CONFIG_PATH="$folder/zenml" ZENML_ANALYTICS_OPT_IN=false ZENML_LOGGING_VERBOSITY=ERROR AUTO_OPEN_DASHBOARD=false

mkdir "$folder/work"
cat > "$folder/work/show.py" <<'PYTHON'
import math
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import numpy
import orjson
from zenml import pipeline, step
from zenml.client import Client


@step(enable_cache=False)
def evaluate() -> tuple[
    Annotated[dict, "float32"], Annotated[dict, "by_class"], Annotated[dict, "float64"], Annotated[dict, "undefined"]
]:
    return {"iou": numpy.float32(0.5)}, {0: 0.5, 1: 0.6}, {"iou": numpy.float64(0.5)}, {"f1": math.nan}


@pipeline
def measure() -> None:
    evaluate()


run = measure()
print("zenml", version("zenml"), "numpy", version("numpy"), "orjson", version("orjson"))
seen = {}
for name, [artifact] in Client().get_pipeline_run(run.id).steps["evaluate"].outputs.items():
    uri = Path(artifact.uri)
    files = sorted(str(file.relative_to(uri)) for file in uri.rglob("*") if file.is_file())
    content = (uri / "data.json").read_text() if (uri / "data.json").exists() else None
    try:
        strict = orjson.loads(content) if content else None
    except orjson.JSONDecodeError as error:
        strict = f"refused: {error}"
    print(f"{name:10} load() = {artifact.load()!r}\n{'':10} files {files}\n{'':10} data.json {content!r}, orjson {strict!r}")
    seen[name] = (any("pkl" in file for file in files), content)
as_stated = (
    seen["float32"] == (True, None)
    and seen["by_class"] == (False, None)
    and seen["float64"] == (False, '{"iou": 0.5}')
    and seen["undefined"] == (False, '{"f1": NaN}')
)
print("as stated" if as_stated else "this has changed")
sys.exit(not as_stated)
PYTHON
cd "$folder/work"
"$folder/venv/bin/python" -W ignore show.py
