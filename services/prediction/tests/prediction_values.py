"""Values for tests, plausible by default."""

import json
from typing import Any

import shapely

from contracts.catalog.models import ModelSummary
from contracts.prediction import SubmitPrediction

SPEC = [
    {"key": "confidence_threshold", "type": "float", "default": 0.5, "min": 0, "max": 1},
    {"key": "sleep", "type": "float", "default": 0.0, "min": 0, "max": 60},
    {"key": "mode", "type": "str", "default": "boxes", "values": ["boxes", "nothing", "points", "raise", "flood"]},
    {"key": "epochs", "type": "int", "default": 5},
]
DEFAULTS = {"inference.confidence_threshold": 0.5, "inference.sleep": 0.0, "inference.mode": "boxes"}


def facts_of(stac_id: str, **changes: Any) -> ModelSummary:
    values = {
        "stac_item_id": stac_id, "name": stac_id, "category": "buildings",
        "entrypoint": "models.toy.pipeline:predict", "onnx_uri": "", "checkpoint_uri": "", "item_href": "",
        "keywords": ["building", "polygon"], "tasks": ["semantic-segmentation"], "num_classes": 3,
        "class_names": ["background", "building", "border"], "hyperparameters": {"training.epochs": 5, **DEFAULTS},
        "hyperparameters_spec": SPEC, "output_properties": [{"key": "confidence", "type": "number"}],
    }  # fmt: skip
    return ModelSummary.model_validate(values | changes)


def box(*bounds: float) -> dict[str, Any]:
    return json.loads(shapely.to_geojson(shapely.box(*bounds)))


def submission(tiles_url: str, bounds: tuple[float, float, float, float], **changes: Any) -> SubmitPrediction:
    values = {
        "model_stac_id": "toy", "image_uri": f"{tiles_url}/predict/{{z}}/{{x}}/{{y}}.jpg", "geometry": box(*bounds),
        "zoom": 19,
    }  # fmt: skip
    return SubmitPrediction.model_validate(values | changes)


def mean_of_pixels() -> bytes:
    """An ONNX model: images [1, 3, H, W] to the mean of all pixels."""
    return _model("ReduceMean", [], keepdims=0)


def same_image() -> bytes:
    """An ONNX model that gives back the images as the probabilities of three classes."""
    return _model("Identity", [1, 3, "height", "width"])


def _model(operator: str, shape: list[int | str], **attributes: int) -> bytes:
    from onnx import TensorProto, checker, helper

    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "height", "width"])
    answer = helper.make_tensor_value_info("answer", TensorProto.FLOAT, shape)
    graph = helper.make_graph(
        [helper.make_node(operator, ["image"], ["answer"], **attributes)], "toy", [image], [answer]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    checker.check_model(model)
    return model.SerializeToString()
