"""The metrics that a base model requires of its trainings."""

from collections.abc import Mapping
from typing import Any


def metric_problems(metrics: Mapping[str, Any], base: Mapping[str, Any]) -> list[str]:
    """`metrics`: reported values by key without prefix; `base`: properties of the base model's item."""
    promised = [entry["key"] for entry in base.get("fair:metrics_spec", ()) if "key" in entry]
    return [f"the run did not report the metric {key}" for key in promised if key not in metrics]
