"""The tasks of models: how a model is evaluated, and what of it a map shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geoml import classification, detection, evaluation
from geoml.features import Building
from geoml.grid import ChipLayout
from geoml.predict import predict_layout
from geoml.session import Session


@dataclass(frozen=True)
class Task:
    """`evaluate` is as `geoml.evaluation.evaluate`; `found` returns what a model finds, in pixels of a grid."""

    evaluate: Callable[..., dict[str, Any]]
    found: Callable[[Session, ChipLayout, Mapping[str, Any]], list[Building]]


SEGMENTATION = Task(evaluation.evaluate, predict_layout)
TASKS = {
    "classification": Task(classification.evaluate, classification.yes_cells),
    "object-detection": Task(detection.evaluate, detection.boxes),
}


def task_of(names: list[str]) -> Task:
    """The task of an item's `mlm:tasks`."""
    return next((TASKS[name] for name in names if name in TASKS), SEGMENTATION)
