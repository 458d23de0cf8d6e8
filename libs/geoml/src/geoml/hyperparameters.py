"""Hyper-parameters against what a model declares in `fair:hyperparameters_spec`."""

from collections.abc import Mapping, Sequence
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}


def with_defaults(spec: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every declared key with its given value or its default. ValueError names each value that is not allowed.

    Keys that are not declared are left alone: the platform adds some of its own.
    """
    entries = {entry["key"]: entry for entry in spec}
    values = {key: given.get(key, entry["default"]) for key, entry in entries.items()}
    if problems := [p for key, entry in entries.items() if (p := _problem(entry, values[key]))]:
        raise ValueError("; ".join(problems))
    return {**given, **values}


def _problem(entry: Mapping[str, Any], value: Any) -> str | None:
    key, kind = entry["key"], entry["type"]
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "bool"):
        return f"{key}: {kind} expected"
    if "values" in entry and value not in entry["values"]:
        return f"{key}: one of {entry['values']} expected"
    if ("min" in entry and value < entry["min"]) or ("max" in entry and value > entry["max"]):
        return f"{key}: {value} is outside {entry.get('min')}…{entry.get('max')}"
    return None
