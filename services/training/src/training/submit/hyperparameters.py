"""Hyper-parameters: defaults of the base model under the caller's overrides, checked against what is declared."""

import math
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
TRAINING, INFERENCE = "training.", "inference."
_WORDS = {"int": "an integer", "float": "a number", "bool": "true or false", "str": "a text", "imagery": "a text"}


class Declared:
    """`defaults` is `mlm:hyperparameters` (prefixed keys), `spec` is `fair:hyperparameters_spec` (bare keys)."""

    def __init__(self, defaults: Json, spec: list[Json]) -> None:
        self.defaults = {
            key.removeprefix(TRAINING): value for key, value in defaults.items() if key.startswith(TRAINING)
        }
        elsewhere = {key.removeprefix(INFERENCE) for key in defaults if key.startswith(INFERENCE)} - set(self.defaults)
        self.spec = {entry["key"]: entry for entry in spec if entry["key"] not in elsewhere}

    def merged(self, overrides: Json) -> Json:
        return {**self.defaults, **overrides}

    def complaints(self, overrides: Json, caps: Mapping[str, int]) -> list[str]:
        """One sentence for each value that the model or this server (`caps`: key → largest value) does not allow."""
        strange = [key for key in overrides if not self._knows(key)]
        unknown = [f"{key}: is not a training hyper-parameter of this model." for key in strange]
        wrong = [f"{key}: {why}" for key, value in overrides.items() if (why := self._fault(key, value))]
        large = [
            f"{key}: must not be greater than {cap} on this server."
            for key, cap in caps.items()
            if _is_number(value := self.merged(overrides).get(key)) and value > cap
        ]
        return unknown + (wrong or large)

    def _knows(self, key: str) -> bool:
        return key in self.spec or key in self.defaults

    def _fault(self, key: str, value: Any) -> str:
        """Empty when the value is as declared; a key without an entry must only have the type of its default."""
        if key in self.spec:
            return _against(self.spec[key], value)
        if key in self.defaults:
            return _against({"type": type(self.defaults[key]).__name__}, value)
        return ""


def _against(entry: Json, value: Any) -> str:
    kind = str(entry.get("type", "str"))
    if not _is_a(kind, value):
        return f"must be {_WORDS.get(kind, kind)}."
    if entry.get("values") and value not in entry["values"]:
        return f"must be one of {', '.join(map(str, entry['values']))}."
    if entry.get("min") is not None and value < entry["min"]:
        return f"must not be less than {entry['min']}."
    if entry.get("max") is not None and value > entry["max"]:
        return f"must not be greater than {entry['max']}."
    return ""


def _is_a(kind: str, value: Any) -> bool:
    """A boolean is no integer; an integer is a number."""
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return _is_number(value) and math.isfinite(value)
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
