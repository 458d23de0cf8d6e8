#!/usr/bin/env bash
# `path: .` in data.yaml, as dataset tools write it, is the folder where Ultralytics is called, not that of the file:
# the pictures are not found unless one changes into the dataset first. Without `path` the folder of the file counts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check ultralytics==8.4.190 opencv-python-headless
mkdir -p data/images/train data/labels/train elsewhere
env/bin/python - <<'PY'
import os
from pathlib import Path

import ultralytics
from PIL import Image
from ultralytics.data.utils import check_det_dataset

print("ultralytics", ultralytics.__version__)
data = Path("data").resolve()
Image.new("RGB", (8, 8)).save(data / "images/train/a.png")
(data / "labels/train/a.txt").write_text("0 0.5 0.5 0.5 0.5\n")
rest = "train: images/train\nval: images/train\nnames: [roof]\n"
os.chdir("elsewhere")


def found(text: str) -> bool:
    (data / "data.yaml").write_text(text)
    try:
        return check_det_dataset(str(data / "data.yaml"), autodownload=False)["train"] == str(data / "images/train")
    except FileNotFoundError as error:
        print("   ", str(error).splitlines()[0])
        return False


dot, none = found("path: .\n" + rest), found(rest)
print("path: . ->", dot, "  no path ->", none)
assert (dot, none) == (False, True)
PY
