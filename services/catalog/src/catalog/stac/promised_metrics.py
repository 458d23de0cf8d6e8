"""Whether things fit together: base model and dataset, metrics and what the base model promises."""

from collections.abc import Mapping
from typing import Any

from catalog.stac.vocabulary import GEOMETRIES, KEYWORDS, LABEL_TASK

Properties = Mapping[str, Any]


def compatibility_problems(base: Properties, dataset: Properties) -> list[str]:
    """Properties of a base model item and of a dataset item."""
    model_words, data_words = set(base.get("keywords", ())), set(dataset.get("keywords", ()))
    unknown = sorted((model_words | data_words) - KEYWORDS)
    found = [f"keywords: {', '.join(unknown)} not in the vocabulary"] if unknown else []
    if not model_words & data_words:
        found.append("base model and dataset have no keyword in common")
    if not _tasks(base) & set(dataset.get("label:tasks", ())):
        found.append("the labels of the dataset do not serve a task of the base model")
    return [*found, *_geometry_problems(model_words & GEOMETRIES, data_words & GEOMETRIES)]


def _tasks(base: Properties) -> set[str]:
    tasks = set(base.get("mlm:tasks", ()))
    return tasks | {LABEL_TASK[task] for task in tasks if task in LABEL_TASK}


def _geometry_problems(model: set[str], data: set[str]) -> list[str]:
    if model and data and not model & data:
        return [f"the base model makes {'/'.join(sorted(model))}, the dataset holds {'/'.join(sorted(data))}"]
    return []


def metric_problems(metrics: Mapping[str, Any], base: Properties) -> list[str]:
    """`metrics` by bare key, as the run reported them."""
    promised = [entry["key"] for entry in base.get("fair:metrics_spec", ()) if "key" in entry]
    return [f"the run did not report the metric {key}" for key in promised if key not in metrics]
