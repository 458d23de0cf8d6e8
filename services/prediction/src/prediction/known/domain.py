"""What a model lets its users set, by its `fair:hyperparameters_spec` and the `inference.` keys of its defaults."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

PREFIX = "inference."
LONGEST_TEXT = 1000
_WORDS = {"int": "an integer", "float": "a number", "bool": "true or false", "str": "a text", "imagery": "a text"}


def inference_defaults(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Bare key → default."""
    return {key.removeprefix(PREFIX): value for key, value in hyperparameters.items() if key.startswith(PREFIX)}


def problems(
    hyperparameters: Mapping[str, Any], spec: Sequence[Mapping[str, Any]], given: Mapping[str, Any]
) -> list[str]:
    """One sentence for each given value that the model does not allow."""
    defaults = inference_defaults(hyperparameters)
    rules = {key: _rule(key, default, spec) for key, default in defaults.items()}
    known = ", ".join(sorted(rules)) or "none"
    unknown = [f"{key} is not a parameter of this model. Known: {known}." for key in given if key not in rules]
    return unknown + [p for key in given if key in rules and (p := _problem(key, rules[key], given[key]))]


def _rule(key: str, default: Any, spec: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A default that the specification forgot still says of which type its values are."""
    for entry in spec:
        if entry.get("key") == key:
            return entry
    kinds = {"bool": bool, "int": int, "float": float}
    return {"type": next((kind for kind, type_ in kinds.items() if isinstance(default, type_)), "str")}


def _problem(key: str, rule: Mapping[str, Any], value: Any) -> str | None:
    kind = str(rule.get("type", "str"))
    if not _fits(kind, value):
        return f"{key} must be {_WORDS.get(kind, kind)}."
    values: list[Any] | None = rule.get("values")
    if values is not None and value not in values:
        return f"{key} must be one of {', '.join(map(str, values))}."
    if kind in ("int", "float") and not rule.get("min", -math.inf) <= value <= rule.get("max", math.inf):
        return f"{key} must lie within {rule.get('min', '-∞')} and {rule.get('max', '∞')}."
    return None


def _fits(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, str) and len(value) <= LONGEST_TEXT
