"""The rules of `fair:hyperparameters_spec`: one entry for each key, with `type`, `default`, `values`, `min`, `max`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

TRAINING, INFERENCE = "training.", "inference."
"""Prefixes of the keys of `mlm:hyperparameters`; keys of the specification have none."""
TYPE_TEXTS = {"int": "an integer", "float": "a number", "bool": "true or false", "str": "a text", "imagery": "a text"}
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Violation:
    """The first rule of an entry that a value breaks, and what the entry asks for."""

    rule: Literal["type", "values", "min", "max"]
    wanted: Any

    def __str__(self) -> str:
        """Returns the end of a sentence that begins with the key."""
        if self.rule == "type":
            return f"must be {TYPE_TEXTS.get(self.wanted, self.wanted)}"
        if self.rule == "values":
            return f"must be one of {', '.join(map(str, self.wanted))}"
        return f"must not be {'less' if self.rule == 'min' else 'greater'} than {self.wanted}"


def find_violation(entry: Entry, value: Any) -> Violation | None:
    """Returns None for a value that the entry allows. A boolean is no integer, an integer is a number."""
    kind = str(entry.get("type", "str"))
    if not _has_type(kind, value):
        return Violation("type", kind)
    if entry.get("values") and value not in entry["values"]:
        return Violation("values", entry["values"])
    if entry.get("min") is not None and value < entry["min"]:
        return Violation("min", entry["min"])
    if entry.get("max") is not None and value > entry["max"]:
        return Violation("max", entry["max"])
    return None


def _has_type(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return is_number(value) and math.isfinite(value)
    return isinstance(value, str)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Returns whether the value is an integer or a floating-point number; a boolean is neither."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def phase_defaults(hyperparameters: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Returns the defaults of one phase, by keys without its prefix (`TRAINING` or `INFERENCE`)."""
    return {key.removeprefix(prefix): value for key, value in hyperparameters.items() if key.startswith(prefix)}


def rule_of_default(default: Any) -> Entry:
    """Returns the entry of a key that the specification lacks: its values have the type of its default."""
    kind = type(default).__name__
    return {"type": kind if kind in TYPE_TEXTS else "str"}


def with_defaults(spec: Sequence[Entry], given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `given`, with the default of each declared key that is missing.

    Keys that are not declared are kept as they are: the platform adds some of its own.
    Raises ValueError, which names each value that has the wrong type or is out of range.
    """
    entries = {entry["key"]: entry for entry in spec}
    values = {key: given.get(key, entry["default"]) for key, entry in entries.items()}
    if problems := [f"{key} {v}" for key, entry in entries.items() if (v := find_violation(entry, values[key]))]:
        raise ValueError("; ".join(problems))
    return {**given, **values}
