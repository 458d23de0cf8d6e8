"""The plug-in as the platform sees it: two ZenML pipelines and `predict`.

Training needs scikit-learn and onnx, imported inside the steps that train; inference runs without them.
"""

from typing import Annotated, Any

from models.rooftop_light.hyperparameters import complete
from models.rooftop_light.inference import postprocess, predict, preprocess
from zenml import ArtifactConfig, pipeline, step
from zenml.enums import ArtifactType

from geoml.batch import infer
from geoml.dataset import load_dataset
from geoml.fetch import local_file
from geoml.recording import record
from geoml.split import split_chips

__all__ = ["inference_pipeline", "postprocess", "predict", "preprocess", "training_pipeline"]

TrainedModel = Annotated[bytes, ArtifactConfig(name="trained_model", artifact_type=ArtifactType.MODEL)]
OnnxModel = Annotated[bytes, ArtifactConfig(name="onnx_model", artifact_type=ArtifactType.MODEL)]


@step(enable_cache=False)
def split_dataset(
    dataset_chips: str, dataset_labels: str, hyperparameters: dict[str, Any]
) -> Annotated[dict[str, Any], "split_info"]:
    """ValueError when no label is there to learn from."""
    dataset = load_dataset(dataset_chips, dataset_labels)
    if not dataset.polygons:
        raise ValueError("the labels hold no building")
    split = split_chips(dataset.names, complete(hyperparameters))
    record({"split": split})
    return split


@step(enable_cache=False)
def train_model(
    dataset_chips: str,
    dataset_labels: str,
    base_model_weights: str,
    hyperparameters: dict[str, Any],
    split_info: dict[str, Any],
    num_classes: int = 3,
    model_name: str = "",
    base_model_id: str = "",
    dataset_id: str = "",
) -> TrainedModel:
    """The names say whose run it is; they are kept as parameters of the step, for promotion to read."""
    from models.rooftop_light.fitting import fit

    if num_classes != 3:
        raise ValueError("this model has three classes: background, building interior, building border")
    weights = local_file(base_model_weights).read_bytes()
    dataset = load_dataset(dataset_chips, dataset_labels)
    return fit(weights, dataset, split_info, complete(hyperparameters), record)


@step(enable_cache=False)
def evaluate_model(
    trained_model: bytes,
    dataset_chips: str,
    dataset_labels: str,
    hyperparameters: dict[str, Any],
    split_info: dict[str, Any],
    class_names: list[str] | None = None,
) -> Annotated[dict[str, Any], "metrics"]:
    """Measures the exported model on the validation chips only, through the machine that predicts."""
    from models.rooftop_light.fitting import measure

    dataset = load_dataset(dataset_chips, dataset_labels)
    metrics = measure(trained_model, dataset, split_info, complete(hyperparameters))
    record(metrics)
    return metrics


@step(enable_cache=False)
def export_onnx(trained_model: bytes, hyperparameters: dict[str, Any]) -> OnnxModel:
    from models.rooftop_light import checkpoint
    from models.rooftop_light.classifier import to_onnx

    return to_onnx(checkpoint.load(trained_model))


@step(enable_cache=False)
def run_inference(
    model_uri: str, input_images: str, inference_params: dict[str, Any]
) -> Annotated[dict[str, Any], "predictions"]:
    return infer(predict, model_uri, input_images, inference_params)


@pipeline(enable_cache=False)
def training_pipeline(
    base_model_weights: str,
    dataset_chips: str,
    dataset_labels: str,
    num_classes: int,
    hyperparameters: dict[str, Any],
) -> None:
    split = split_dataset(dataset_chips, dataset_labels, hyperparameters)
    model = train_model(
        dataset_chips, dataset_labels, base_model_weights, hyperparameters, split, num_classes=num_classes
    )
    evaluate_model(model, dataset_chips, dataset_labels, hyperparameters, split)
    export_onnx(model, hyperparameters)


@pipeline(enable_cache=False)
def inference_pipeline(model_uri: str, input_images: str, inference_params: dict[str, Any]) -> None:
    run_inference(model_uri, input_images, inference_params)
