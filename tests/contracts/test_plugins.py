"""Static check of the plug-in contract: sources are parsed, not run."""

import ast
import json
import tomllib
from pathlib import Path

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
FILES = ["pipeline.py", "stac-item.json", "Dockerfile", "README.md", "tests/conftest.py", "tests/test_serve.py"]

pytestmark = pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)


def functions(file: Path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def decorators(function: ast.FunctionDef) -> set[str]:
    return {ast.unparse(d.func if isinstance(d, ast.Call) else d) for d in function.decorator_list}


def returned(plugin: Path, name: str) -> str:
    """The return annotation with module-level aliases resolved."""
    tree = ast.parse((plugin / "pipeline.py").read_text())
    aliases = {
        target.id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    annotation = ast.unparse(functions(plugin / "pipeline.py")[name].returns)
    return aliases.get(annotation, annotation)


def item(plugin: Path) -> dict:
    return json.loads((plugin / "stac-item.json").read_text())


def test_a_plugin_is_complete(plugin):
    assert plugin.name.isidentifier()
    assert plugin.name == plugin.name.lower()
    assert [name for name in FILES if not (plugin / name).is_file()] == []


def test_pipelines_have_the_contracts_parameters(plugin):
    found = functions(plugin / "pipeline.py")
    for name, parameters in PIPELINE.items():
        assert "pipeline" in decorators(found[name])
        assert [a.arg for a in found[name].args.args] == parameters


def test_steps_are_steps_with_named_artifacts(plugin):
    found = functions(plugin / "pipeline.py")
    for name in STEPS:
        assert "step" in decorators(found[name])
        assert f"'{ARTIFACTS[name]}'" in returned(plugin, name)


def test_artifacts_are_content_not_paths(plugin):
    for name in ("train_model", "export_onnx"):
        assert not returned(plugin, name).startswith(("str", "Annotated[str"))


def test_the_contracts_tests_exist(plugin):
    assert functions(plugin / "tests/test_steps.py").keys() >= TESTS
    assert "generate_toy_dataset" in functions(plugin / "tests/conftest.py")


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
