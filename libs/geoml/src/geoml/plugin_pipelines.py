"""The ZenML steps and pipelines of a plug-in, with the names and artifacts that the platform expects. Needs ZenML.

ZenML loads a step in its own process by module and name (`models.unet.pipeline.train_model`), so each plug-in has its
own step objects: they are made here and bound in the plug-in's module `pipeline`, which they name as their source.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from zenml import ArtifactConfig, pipeline, step
from zenml.enums import ArtifactType
from zenml.pipelines.pipeline_definition import Pipeline
from zenml.steps import BaseStep

from geoml.batch_inference import run_batch_inference
from geoml.dataset import load_dataset
from geoml.fetch import local_file
from geoml.plugin import Plugin
from geoml.plugin_training import CLASSES, evaluate_weights, numbers, train
from geoml.split import split_chips
from geoml.zenml_metadata import log_run_metadata

Json = dict[str, Any]
TrainedModel = Annotated[bytes, ArtifactConfig(name="trained_model", artifact_type=ArtifactType.MODEL)]
OnnxModel = Annotated[bytes, ArtifactConfig(name="onnx_model", artifact_type=ArtifactType.MODEL)]
Bind = Callable[[Callable[..., Any]], BaseStep]


@dataclass(frozen=True)
class PluginPipelines:
    steps: tuple[BaseStep, BaseStep, BaseStep, BaseStep, BaseStep]
    """split_dataset, train_model, evaluate_model, export_onnx, run_inference"""
    pipelines: tuple[Pipeline, Pipeline]
    """training_pipeline, inference_pipeline"""


def define_pipelines(module: str) -> PluginPipelines:
    """Returns the steps and pipelines of the plug-in whose module `pipeline` is `module`.

    That module must bind each of them to a name equal to the function's, which is how ZenML finds it.
    """
    plugin = Plugin(module.rpartition(".")[0])

    def bind(function: Callable[..., Any]) -> BaseStep:
        function.__module__ = module
        return step(enable_cache=False)(function)

    steps = _steps(plugin, bind)
    split_dataset, train_model, evaluate_model, export_onnx, run_inference = steps

    def training_pipeline(
        base_model_weights: str, dataset_chips: str, dataset_labels: str, num_classes: int, hyperparameters: Json
    ) -> None:
        split = split_dataset(dataset_chips, dataset_labels, hyperparameters)
        model = train_model(
            dataset_chips, dataset_labels, base_model_weights, hyperparameters, split, num_classes=num_classes
        )
        evaluate_model(model, dataset_chips, dataset_labels, hyperparameters, split)
        export_onnx(model, hyperparameters)

    def inference_pipeline(model_uri: str, input_images: str, inference_params: Json) -> None:
        run_inference(model_uri, input_images, inference_params)

    training_pipeline.__module__ = inference_pipeline.__module__ = module
    decorate = pipeline(enable_cache=False)
    return PluginPipelines(steps, (decorate(training_pipeline), decorate(inference_pipeline)))


def _steps(plugin: Plugin, bind: Bind) -> tuple[BaseStep, BaseStep, BaseStep, BaseStep, BaseStep]:
    trained = _split_step(plugin, bind), _train_step(plugin, bind), _evaluate_step(plugin, bind)
    return *trained, *_model_steps(plugin, bind)


def _split_step(plugin: Plugin, bind: Bind) -> BaseStep:
    @bind
    def split_dataset(dataset_chips: str, dataset_labels: str, hyperparameters: Json) -> Annotated[Json, "split_info"]:
        """Raises ValueError without a label, or with too few chips. `outcome` says which chips are used."""
        dataset = load_dataset(dataset_chips, dataset_labels)
        if not dataset.polygons:
            raise ValueError("the labels hold no building")
        values = plugin.complete(hyperparameters)
        split = {**split_chips(dataset.names, values, dataset.splits), "outcome": dataset.outcome()}
        log_run_metadata({"split": split})
        return split

    return split_dataset


def _train_step(plugin: Plugin, bind: Bind) -> BaseStep:
    @bind
    def train_model(
        dataset_chips: str,
        dataset_labels: str,
        base_model_weights: str,
        hyperparameters: Json,
        split_info: Json,
        num_classes: int = CLASSES,
        model_name: str = "",
        base_model_id: str = "",
        dataset_id: str = "",
    ) -> TrainedModel:
        """Promotion reads the names and ids from the parameters of this step."""
        if num_classes != CLASSES:
            raise ValueError("this model has three classes: background, building interior, building border")
        weights = local_file(base_model_weights).read_bytes()
        dataset = load_dataset(dataset_chips, dataset_labels)
        return train(plugin, weights, dataset, split_info, plugin.complete(hyperparameters), log_run_metadata)

    return train_model


def _evaluate_step(plugin: Plugin, bind: Bind) -> BaseStep:
    @bind
    def evaluate_model(
        trained_model: bytes,
        dataset_chips: str,
        dataset_labels: str,
        hyperparameters: Json,
        split_info: Json,
        class_names: list[str] | None = None,
    ) -> Annotated[Json, "metrics"]:
        """Evaluates the exported model on the validation chips only, with the code that predicts."""
        dataset = load_dataset(dataset_chips, dataset_labels)
        metrics = evaluate_weights(plugin, trained_model, dataset, split_info, plugin.complete(hyperparameters))
        log_run_metadata(numbers(metrics))
        return metrics

    return evaluate_model


def _model_steps(plugin: Plugin, bind: Bind) -> tuple[BaseStep, BaseStep]:
    @bind
    def export_onnx(trained_model: bytes, hyperparameters: Json) -> OnnxModel:
        return plugin.training.to_onnx(trained_model)

    @bind
    def run_inference(model_uri: str, input_images: str, inference_params: Json) -> Annotated[Json, "predictions"]:
        return run_batch_inference(plugin.predict, model_uri, input_images, inference_params)

    return export_onnx, run_inference
