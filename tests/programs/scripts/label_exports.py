"""Reads exports of the label store with pycocotools, globox and supervision."""

import contextlib
import io
import json
import sys
from pathlib import Path

import globox
import supervision
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

FOLDER = Path(json.load(sys.stdin)["folder"])
SIDES = ("train", "val")


def by_pycocotools() -> dict:
    coco = COCO(FOLDER / "coco/annotations.coco.json")
    rows = [row for row in coco.dataset["annotations"] if row["segmentation"]]
    areas = [[row["area"], float(masks.area(coco.annToRLE(row)))] for row in rows]
    found = coco.loadRes([{**row, "score": 1.0} for row in coco.dataset["annotations"]])
    scores = COCOeval(coco, found, "bbox")
    scores.evaluate(), scores.accumulate(), scores.summarize()
    return {
        "areas": areas, "images": len(coco.getImgIds()), "precision": scores.stats[0],
        "boxes": sorted(row["bbox"] for row in coco.dataset["annotations"]),
    }  # fmt: skip


def by_globox() -> dict:
    sets = {
        "coco": globox.AnnotationSet.from_coco(FOLDER / "coco/annotations.coco.json"),
        "voc": globox.AnnotationSet.from_pascal_voc(FOLDER / "voc/Annotations"),
    }
    for side in SIDES:
        folders = FOLDER / f"yolo/labels/{side}", FOLDER / f"yolo/images/{side}"
        sets[f"yolo {side}"] = globox.AnnotationSet.from_yolo_v5(
            folders[0], image_folder=folders[1], image_extension=".png"
        )
    return {
        name: {"images": len(found), "boxes": sorted(_corner(box) for image in found for box in image.boxes)}
        for name, found in sets.items()
    }


def _corner(box: globox.BoundingBox) -> list[float]:
    return [box.xmin, box.ymin, box.width, box.height]


def by_supervision() -> dict:
    loaded = {
        f"yolo {side}": supervision.DetectionDataset.from_yolo(
            str(FOLDER / f"yolo/images/{side}"), str(FOLDER / f"yolo/labels/{side}"), str(FOLDER / "yolo/data.yaml")
        )
        for side in SIDES
    }
    loaded["coco"] = supervision.DetectionDataset.from_coco(
        str(FOLDER / "voc/JPEGImages"), str(FOLDER / "coco/annotations.coco.json"), force_masks=True
    )
    return {
        name: {
            "classes": found.classes, "images": len(found),
            "boxes": sorted(box.tolist() for each in found.annotations.values() for box in each.xyxy),
        }
        for name, found in loaded.items()
    }  # fmt: skip


with contextlib.redirect_stdout(io.StringIO()):
    facts = {"pycocotools": by_pycocotools(), "globox": by_globox(), "supervision": by_supervision()}
print(json.dumps(facts))
