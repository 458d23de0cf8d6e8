#!/usr/bin/env bash
# Where two keys of S3 are in the environment and boto3 is installed, `rasterio.features.rasterize` and `shapes` make a session of boto3 for
# each call on an array, which takes many times as long as the call. An outer `rasterio.Env` with a session of its own halves that, no more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv" 2>/dev/null || python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "rasterio==1.4.4; python_version < '3.12'" "rasterio==1.5.2; python_version >= '3.12'" boto3==1.43.117
AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret "$folder/venv/bin/python" -W ignore - <<'PY'
import os
import time

import boto3
import rasterio
from rasterio.features import rasterize
from rasterio.session import DummySession

SQUARE = {"type": "Polygon", "coordinates": [[(1, 1), (5, 1), (5, 5), (1, 5), (1, 1)]]}
sessions = []


class Counted(boto3.Session):
    def __init__(self, *args, **options):
        sessions.append(1)
        super().__init__(*args, **options)


def measured(words):
    rasterize([SQUARE], (8, 8))
    sessions.clear()
    began = time.process_time()
    for _ in range(50):
        rasterize([SQUARE], (8, 8))
    print(f"{words}: {1000 * (time.process_time() - began) / 50:.2f} ms a call, {len(sessions) / 50:.0f} sessions a call")
    return len(sessions) / 50


boto3.Session = Counted
print("rasterio", rasterio.__version__, "boto3", boto3.__version__)
plain = measured("with keys in the environment")
with rasterio.Env(session=DummySession()):
    within = measured("the same inside an Env that has a session")
del os.environ["AWS_ACCESS_KEY_ID"]
without = measured("without keys")
assert (plain, within, without) == (2, 1, 0), "sessions are made otherwise now"
PY
