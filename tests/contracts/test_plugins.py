"""The contract of plug-ins: their files are read, their pipelines are those that ZenML would run."""

import ast
import importlib
import inspect
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

MODELS = Path(__file__).parents[2] / "models"
PLUGINS = sorted(path.parent for path in MODELS.glob("*/pipeline.py"))
PIPELINE = {
    "training_pipeline": ["base_model_weights", "dataset_chips", "dataset_labels", "num_classes", "hyperparameters"],
    "inference_pipeline": ["model_uri", "input_images", "inference_params"],
}
STEPS = ["split_dataset", "train_model", "evaluate_model", "export_onnx", "run_inference"]
ARTIFACTS = {
    "split_dataset": "split_info",
    "train_model": "trained_model",
    "evaluate_model": "metrics",
    "export_onnx": "onnx_model",
    "run_inference": "predictions",
}
TESTS = {"test_split_dataset", "test_train_model", "test_evaluate_model", "test_export_onnx"}
BLOCK = 6
FILES = ["pipeline.py", "stac-item.json", "Dockerfile", "README.md", "tests/conftest.py", "tests/test_serve.py"]

pytestmark = pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory):
    """Imports the module `pipeline` of a plug-in with the real ZenML, on a configuration of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZENML_CONFIG_PATH", str(tmp_path_factory.mktemp("zenml")))
        patch.setenv("ZENML_ANALYTICS_OPT_IN", "false")
        patch.setattr(sys, "path", [str(MODELS.parent), *sys.path])
        yield lambda plugin: importlib.import_module(f"models.{plugin.name}.pipeline")


@pytest.fixture
def pipeline(load, plugin: Path) -> ModuleType:
    return load(plugin)


def bound_names(file: Path) -> set[str]:
    """The names of functions that a file defines or imports."""
    body = ast.parse(file.read_text()).body
    imported = {alias.asname or alias.name for n in body if isinstance(n, ast.ImportFrom) for alias in n.names}
    return imported | {node.name for node in body if isinstance(node, ast.FunctionDef)}


def item(plugin: Path) -> dict:
    return json.loads((plugin / "stac-item.json").read_text())


def test_a_plugin_is_complete(plugin):
    assert plugin.name.isidentifier()
    assert plugin.name == plugin.name.lower()
    assert [name for name in FILES if not (plugin / name).is_file()] == []


def test_pipelines_have_the_contracts_parameters(pipeline):
    from zenml.pipelines.pipeline_definition import Pipeline

    for name, parameters in PIPELINE.items():
        found = getattr(pipeline, name)
        assert isinstance(found, Pipeline)
        assert list(inspect.signature(found.entrypoint).parameters) == parameters


def test_steps_are_steps_with_named_artifacts(pipeline):
    from zenml.steps import BaseStep

    for name in STEPS:
        found = getattr(pipeline, name)
        assert isinstance(found, BaseStep)
        assert list(found.entrypoint_definition.outputs) == [ARTIFACTS[name]]


def test_zenml_finds_steps_and_pipelines_by_name_in_the_plugin(plugin, pipeline):
    """A step may run in a process of its own, which imports it; its source code is stored with the run."""
    for name in [*STEPS, *PIPELINE]:
        found = getattr(pipeline, name)
        assert found.entrypoint.__module__ == f"models.{plugin.name}.pipeline"
        assert (found.entrypoint.__name__, found.name) == (name, name)
        assert f"def {name}(" in found.source_code


def test_artifacts_are_content_not_paths(pipeline):
    for name in ("train_model", "export_onnx"):
        [output] = getattr(pipeline, name).entrypoint_definition.outputs.values()
        assert output.resolved_annotation is bytes


def test_the_contracts_tests_exist(plugin):
    assert bound_names(plugin / "tests/test_steps.py") >= TESTS
    assert "generate_toy_dataset" in bound_names(plugin / "tests/conftest.py")


def test_the_image_has_all_stages(plugin):
    stages = [line.split()[-1] for line in (plugin / "Dockerfile").read_text().splitlines() if line.startswith("FROM")]
    assert {"builder", "runtime", "test", "inference"} <= set(stages)


def test_the_image_brings_what_zenml_needs_in_a_pod(plugin):
    """At the versions with which runs are started."""
    project = tomllib.loads((MODELS.parent / "libs/pipelines/pyproject.toml").read_text())["project"]
    needed = [one for one in project["dependencies"] if one.startswith(("zenml", "kubernetes", "s3fs", "boto3"))]
    text = (plugin / "Dockerfile").read_text()
    assert len(needed) == 4
    assert [one for one in needed if f'"{one}"' not in text] == []


def test_the_entrypoint_is_this_plugin(plugin):
    assert item(plugin)["assets"]["source-code"]["mlm:entrypoint"] == f"models.{plugin.name}.pipeline:predict"
    assert item(plugin)["properties"]["mlm:name"] == plugin.name.replace("_", "-")


def test_assets_are_urls(plugin):
    assets = item(plugin)["assets"]
    assert all(assets[key]["href"].startswith(("http://", "https://")) for key in ("checkpoint", "model"))


def test_every_hyperparameter_is_specified_with_its_default(plugin):
    properties = item(plugin)["properties"]
    spec = {entry["key"]: entry for entry in properties["fair:hyperparameters_spec"]}
    values = properties["mlm:hyperparameters"]
    assert all(key.startswith(("training.", "inference.")) for key in values)
    assert {key.partition(".")[2]: value for key, value in values.items()} == {k: e["default"] for k, e in spec.items()}
    assert {"epochs", "batch_size", "learning_rate", "val_ratio", "split_seed", "confidence_threshold"} <= spec.keys()
    assert all({"type", "description"} <= entry.keys() for entry in spec.values())


def test_the_item_follows_the_rules_for_base_models(plugin):
    properties = item(plugin)["properties"]
    assert properties["license"] in {"AGPL-3.0-only", "MIT", "Apache-2.0", "BSD-3-Clause"}
    assert properties["fair:category"]
    assert {"building", "polygon"} <= set(properties["keywords"])
    assert properties["fair:split_spec"].keys() == {"strategy", "default_ratio", "seed", "description"}
    assert all({"key", "name", "description"} <= metric.keys() for metric in properties["fair:metrics_spec"])


def lines_of(plugin: Path) -> Iterator[list[str]]:
    """The lines of each source file that are not blank. A Dockerfile is a link to the shared one."""
    for path in sorted([*plugin.rglob("*.py"), plugin / "Dockerfile"]):
        if not path.is_symlink():
            yield [line.strip() for line in path.read_text().splitlines() if line.strip()]


def blocks_of(plugin: Path) -> set[tuple[str, ...]]:
    return {tuple(lines[n : n + BLOCK]) for lines in lines_of(plugin) for n in range(len(lines) - BLOCK + 1)}


def test_plugins_share_no_block_of_lines(plugin):
    """What plug-ins have in common is in geoml."""
    others = [blocks_of(other) for other in PLUGINS if other != plugin]
    assert blocks_of(plugin) & set().union(*others) == set()
