#!/usr/bin/env bash
# A dataset goes through globox and comes out as COCO with the same images, boxes and categories, and with annotations that
# are numbered from 0. pycocotools' COCOeval takes the number 0 for "no match": a detector that finds every object exactly
# gets AP 1 with the file as it was and 0.5 with globox's, since one of three objects can never be found.
# The 0 of COCOeval is known (cocodataset/cocoapi#664); COCO's definition only says that the number is an integer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check globox==2.9.0 pycocotools==2.0.11 numpy==2.4.6
env/bin/python - <<'PY'
import contextlib
import io
import json
from importlib.metadata import version
from pathlib import Path

import globox
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

print("globox", version("globox"), "pycocotools", version("pycocotools"))
BOXES = {11: (1, [10, 10, 40, 40]), 12: (2, [60, 60, 20, 20]), 13: (2, [10, 60, 30, 20])}
dataset = {
    "images": [{"id": 5, "file_name": "village.png", "width": 100, "height": 100}],
    "categories": [{"id": 1, "name": "house"}, {"id": 2, "name": "shed"}],
    "annotations": [
        {"id": number, "image_id": 5, "category_id": kind, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for number, (kind, box) in BOXES.items()
    ],
}
Path("before.json").write_text(json.dumps(dataset))
globox.AnnotationSet.from_coco(Path("before.json")).save_coco(Path("after.json"))
seen = {}
for name in ("before", "after"):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(f"{name}.json")
        rows = truth.dataset["annotations"]
        found = [{key: row[key] for key in ("image_id", "category_id", "bbox")} | {"score": 0.9} for row in rows]
        scores = COCOeval(truth, truth.loadRes(found), "bbox")
        scores.evaluate(), scores.accumulate(), scores.summarize()
    boxes = sorted((row["category_id"], [float(number) for number in row["bbox"]]) for row in rows)
    seen[name] = [row["id"] for row in rows], round(float(scores.stats[0]), 3), boxes
    print(f"{name:6} numbers {seen[name][0]}, AP of a detector that finds all exactly: {seen[name][1]}")
assert seen["before"][2] == seen["after"][2], "boxes or categories have changed"
assert seen["before"][:2] == ([11, 12, 13], 1.0), seen["before"]
assert seen["after"][:2] == ([0, 1, 2], 0.5), seen["after"]
PY
