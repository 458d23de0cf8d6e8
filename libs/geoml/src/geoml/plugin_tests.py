"""Fixtures and tests that every plug-in takes over: its `tests` import the fixtures and subclass the test classes.

The plug-in's `conftest.py` adds two fixtures of its own: `pipeline`, its module `pipeline`, and `values`, the
hyper-parameters of a short training. Needs pytest.
"""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from shapely.geometry import shape

from geoml import report
from geoml.base_model import write_base_model
from geoml.plugin import Plugin
from geoml.testing import toy_dataset

FEATURE_PROPERTIES = {"class", "label", "confidence", "source", "building"}
Values = dict[str, Any]
Train = Callable[..., bytes]


class RedRoofSession:
    """A stub session: whatever is redder than it is green is a building."""

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="image")]

    def run(self, _names: None, feed: dict[str, NDArray]) -> list[NDArray]:
        red = (feed["image"][:, 0] > feed["image"][:, 1]).astype(np.float32)
        return [np.stack([1 - red, red, 0 * red], axis=1)]


@pytest.fixture(autouse=True)
def own_zenml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ZenML's configuration is not that of the user who runs the tests."""
    monkeypatch.setenv("ZENML_CONFIG_PATH", str(tmp_path / "zenml"))
    monkeypatch.setenv("ZENML_ANALYTICS_OPT_IN", "false")


@pytest.fixture(scope="session")
def generate_toy_dataset(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`chips`, `labels` and `dataset_stac_item` of six tiles of 256 pixels."""
    return toy_dataset(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def data(generate_toy_dataset: dict[str, Path]) -> tuple[str, str]:
    return str(generate_toy_dataset["chips"]), str(generate_toy_dataset["labels"])


@pytest.fixture(scope="session")
def base(pipeline: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of the base model."""
    plugin = Plugin(pipeline.__name__.rpartition(".")[0])
    folder, weights = tmp_path_factory.mktemp("base"), plugin.training.base_weights()
    return write_base_model(plugin, folder, weights)["checkpoint"]


@pytest.fixture(scope="session")
def split(pipeline: ModuleType, data: tuple[str, str], values: Values) -> dict[str, Any]:
    return pipeline.split_dataset.entrypoint(*data, values)


@pytest.fixture(scope="session")
def train(
    pipeline: ModuleType, data: tuple[str, str], base: Path, values: Values, split: dict[str, Any]
) -> Callable[..., bytes]:
    """`train(weights, **hyperparameters)`: the step `train_model`; by default from the base model."""

    def run(weights: Path = base, **hyperparameters: Any) -> bytes:
        return pipeline.train_model.entrypoint(*data, str(weights), values | hyperparameters, split)

    return run


class ServeTests:
    """`predict` with a stub session."""

    def test_predict_gives_a_feature_collection(self, pipeline: ModuleType, data: tuple[str, str]) -> None:
        found = pipeline.predict(RedRoofSession(), data[0], {"confidence_threshold": 0.5})
        assert found["type"] == "FeatureCollection"
        assert len(found["features"]) > 50
        assert all(shape(f["geometry"]).is_valid for f in found["features"])
        assert all(f["properties"].keys() == FEATURE_PROPERTIES for f in found["features"])

    def test_predict_needs_a_threshold(self, pipeline: ModuleType, data: tuple[str, str]) -> None:
        with pytest.raises(ValueError, match="confidence_threshold"):
            pipeline.predict(RedRoofSession(), data[0], {})

    def test_predict_needs_an_image(self, pipeline: ModuleType, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            pipeline.predict(RedRoofSession(), str(tmp_path), {"confidence_threshold": 0.5})

    def test_preprocess_and_postprocess_fit_the_model(
        self, pipeline: ModuleType, generate_toy_dataset: dict[str, Path]
    ) -> None:
        image = pipeline.preprocess(next(generate_toy_dataset["chips"].iterdir()))
        assert (image.shape, image.dtype) == ((1, 3, 256, 256), np.float32)
        (probabilities,) = RedRoofSession().run(None, {"image": image})
        assert pipeline.postprocess(probabilities[0], 0.5).max() > 5


class StepTests:
    """Errors and cancellation of the steps, called as plain functions."""

    @pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"PK\x03\x04zip"])
    def test_a_wrong_checkpoint_is_an_error(self, train: Train, tmp_path: Path, content: bytes) -> None:
        """Defect 11: wrong base weights trained from noise without an error."""
        (tmp_path / "checkpoint").write_bytes(content)
        with pytest.raises(ValueError, match="checkpoint"):
            train(tmp_path / "checkpoint")

    @pytest.mark.parametrize("wrong", [{"epochs": 0}, {"epochs": True}, {"learning_rate": "fast"}, {"val_ratio": 0.9}])
    def test_values_outside_the_declared_ranges_are_an_error(
        self, pipeline: ModuleType, data: tuple[str, str], values: Values, wrong: Values
    ) -> None:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            pipeline.split_dataset.entrypoint(*data, values | wrong)

    def test_epochs_are_reported_and_the_run_can_be_cancelled(
        self, train: Train, values: Values, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
        (tmp_path / "report.cancel").touch()
        with pytest.raises(report.Cancelled):
            train()
        (line,) = [json.loads(text) for text in (tmp_path / "report").read_text().splitlines()]
        assert (line["type"], line["epoch"], line["epochs"]) == ("epoch", 1, values["epochs"])
