"""Small STAC items and runs for tests."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from catalog.stac.item_inputs import DatasetItemInput, StoredFile

REPOSITORY = Path(__file__).resolve().parents[3]
CLASSES = [{"name": "building", "classes": ["*"]}]
METRICS = (
    "building_iou", "mean_iou", "accuracy", "object_precision", "object_recall", "object_f1", "object_ece",
    "vertex_ratio", "right_angled",
)  # fmt: skip
AOI = {"type": "MultiPolygon", "coordinates": [[[[85.5, 27.6], [85.6, 27.6], [85.6, 27.7], [85.5, 27.6]]]]}


def base_item(port: int = 0, **properties: Any) -> dict[str, Any]:
    """The item of a plug-in that ships with the repository, under an id and a name of its own."""
    item = json.loads((REPOSITORY / "models/unet/stac-item.json").read_text())
    item["id"] = f"t-{uuid4().hex[:12]}"
    item["properties"] |= {"mlm:name": item["id"], **properties}
    for name in ("checkpoint", "model"):
        item["assets"][name]["href"] = f"http://127.0.0.1:{port}/{name}.{'onnx' if name == 'model' else 'pt'}"
    return item


def dataset_facts(**changes: Any) -> DatasetItemInput:
    name = f"t-{uuid4().hex[:12]}"
    facts = {
        "stac_id": name, "title": name, "description": "", "user_id": 7, "username": "mapper",
        "source_imagery": "https://tiles.example/{z}/{x}/{y}.png", "classes": CLASSES,
        "tasks": ["semantic-segmentation"], "keywords": ["building"], "label_type": "vector",
        "geometry_type": "polygon", "aoi": AOI, "bbox": (85.5, 27.6, 85.6, 27.7), "chip_count": 3,
        "chips": StoredFile("s3://bucket/chips/"), "labels": StoredFile("s3://bucket/l.geojson", 3, "aa" * 32),
        "download": StoredFile("s3://bucket/d.zip", 4, "aa" * 32),
    }  # fmt: skip
    return DatasetItemInput(**facts | changes)


def publishable(**changes: Any) -> dict[str, Any]:
    """What training answers for a completed run; `changes` name models, items and artifacts."""
    now = datetime.now(UTC).isoformat()
    return {
        "training_id": 5, "run_id": uuid4().hex, "local_model": 4, "model_name": "roofs",
        "user": {"osm_id": 7, "username": "mapper"}, "title": "", "description": "", "keywords": [], "version": 1,
        "hyperparameters": {"epochs": 2, "batch_size": 4, "learning_rate": 0.001},
        "metrics": dict.fromkeys(METRICS, 0.5),
        "split": {"strategy": "chip_holdout", "train": 2, "val": 1},
        "epochs": [
            {"epoch": n, "epochs": 2, "values": {"train_loss": 1 / n, "val_loss": 2 / n}, "at": now} for n in (2, 1)
        ],
        "started_at": now, "ended_at": now, "wall_seconds": 12.5, **changes,
    }  # fmt: skip


def tiny_onnx() -> bytes:
    from onnx import TensorProto, helper

    shape = [None, 3, None, None]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("image", "probabilities")]
    graph = helper.make_graph([helper.make_node("Identity", ["image"], ["probabilities"])], "tiny", ends[:1], ends[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
