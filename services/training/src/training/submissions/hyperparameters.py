"""Hyper-parameters: defaults of the base model under the caller's overrides, checked against what is declared."""

from collections.abc import Mapping
from typing import Any

from geoml.hyperparameters import INFERENCE, TRAINING, find_violation, is_number, phase_defaults, rule_of_default

Json = dict[str, Any]


class Declared:
    """`defaults` is `mlm:hyperparameters` (prefixed keys), `spec` is `fair:hyperparameters_spec` (bare keys)."""

    def __init__(self, defaults: Json, spec: list[Json]) -> None:
        self.defaults = phase_defaults(defaults, TRAINING)
        elsewhere = set(phase_defaults(defaults, INFERENCE)) - set(self.defaults)
        declared = {entry["key"]: entry for entry in spec if entry["key"] not in elsewhere}
        self.rules = {key: rule_of_default(default) for key, default in self.defaults.items()} | declared

    def merged(self, overrides: Json) -> Json:
        return {**self.defaults, **overrides}

    def complaints(self, overrides: Json, caps: Mapping[str, int]) -> list[str]:
        """One sentence for each value that the model or this server (`caps`: key → largest value) does not allow."""
        strange = [key for key in overrides if key not in self.rules]
        unknown = [f"{key}: is not a training hyper-parameter of this model." for key in strange]
        known = {key: self.rules[key] for key in overrides if key in self.rules}
        wrong = [f"{key}: {v}." for key, rule in known.items() if (v := find_violation(rule, overrides[key]))]
        large = [
            f"{key}: must not be greater than {cap} on this server."
            for key, cap in caps.items()
            if is_number(value := self.merged(overrides).get(key)) and value > cap
        ]
        return unknown + (wrong or large)
