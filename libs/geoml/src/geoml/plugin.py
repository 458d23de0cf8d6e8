"""A model plug-in: what one model brings; everything else is the same for all models.

A plug-in is a package `models.<name>` with

- `stac-item.json`: the item of the base model, which declares the hyper-parameters (`fair:hyperparameters_spec`);
- `inference.py` with `predict(session, input_images, params, **callbacks)`, a `geoml.predict.predict` of this model;
- `training.py` with `train`, `to_onnx` and `base_weights`, see `Training`;
- `pipeline.py`, which binds the steps and pipelines of `geoml.plugin_pipelines` to names of the package.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.resources import files
from typing import Any, Protocol, cast

from geoml.dataset import Dataset
from geoml.hyperparameters import with_defaults
from geoml.tasks import Task, task_of

OnEpoch = Callable[[int, float, float, float], None]
"""Called after each epoch with its number (from 1), training loss, validation loss and the progress, 0…1."""


class Training(Protocol):
    """The module `training` of a plug-in. Weights are the bytes of a checkpoint."""

    def train(
        self, weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any], on_epoch: OnEpoch
    ) -> bytes:
        """Returns weights trained on the chips `split["train_chips"]`, starting from `weights`.

        `values` are all hyper-parameters; `on_epoch` may raise to stop. Raises ValueError for foreign weights.
        """
        ...

    def to_onnx(self, weights: bytes) -> bytes:
        """Returns the model file (ONNX) that `geoml.predict.predict` runs."""
        ...

    def base_weights(self) -> bytes:
        """Returns the weights of the base model of the item. Other base models bring other weights for `train`."""
        ...


@dataclass(frozen=True)
class Plugin:
    """`package` is importable. Its modules are imported on first use: those for training need large libraries."""

    package: str

    @property
    def name(self) -> str:
        return self.package.rpartition(".")[2]

    @property
    def training(self) -> Training:
        return cast(Training, import_module(f"{self.package}.training"))

    @property
    def predict(self) -> Callable[..., dict[str, Any]]:
        return import_module(f"{self.package}.inference").predict

    @cached_property
    def item(self) -> dict[str, Any]:
        return json.loads((files(self.package) / "stac-item.json").read_text())

    @property
    def task(self) -> Task:
        return task_of(self.item["properties"]["mlm:tasks"])

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Returns `given` with the defaults of the item. Raises ValueError for values outside the declared ranges."""
        return with_defaults(self.item["properties"]["fair:hyperparameters_spec"], given)
