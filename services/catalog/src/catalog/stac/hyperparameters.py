"""Rules of `fair:hyperparameters_spec`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from geoml.hyperparameters import find_violation

Spec = list[dict[str, Any]]
_LIMITS = {"type": "of type", "min": "at least", "max": "at most"}


def in_text(spec: Sequence[Mapping[str, Any]]) -> Spec:
    """Returns the spec as it is written into items: `default` and `values` are texts, since a column of a table has
    one type, and `type` names their type. Values other than texts are written as JSON."""
    return [_entry(entry, _as_text) for entry in spec]


def typed(spec: Sequence[Mapping[str, Any]]) -> Spec:
    """Returns the spec with typed values. Accepts both forms: that of `in_text` and that of submitted and older
    items."""
    return [_entry(entry, _read) for entry in spec]


def _entry(entry: Mapping[str, Any], change: Any) -> dict[str, Any]:
    changed = dict(entry)
    if "default" in entry:
        changed["default"] = change(entry, entry["default"])
    if isinstance(entry.get("values"), list):
        changed["values"] = [change(entry, value) for value in entry["values"]]
    return changed


def _as_text(entry: Mapping[str, Any], value: Any) -> Any:
    return value if isinstance(value, str) else json.dumps(value)


def _read(entry: Mapping[str, Any], value: Any) -> Any:
    """Returns a value of another type unchanged, so that the check reports it."""
    kind = entry.get("type")
    if not isinstance(value, str) or (kind not in ("int", "float", "bool") and not _is_null(entry, value)):
        return value
    with suppress(ValueError):
        found = json.loads(value)
        return float(found) if kind == "float" and type(found) is int else found
    return value


def _is_null(entry: Mapping[str, Any], value: str) -> bool:
    return value == "null" and bool(entry.get("optional"))


def without_prefix(key: str) -> str:
    """Returns `epochs` for `training.epochs`."""
    return key.partition(".")[2] or key


def spec_problems(properties: Mapping[str, Any]) -> list[str]:
    """Returns incomplete entries, keys of `mlm:hyperparameters` without an entry, and values outside their own spec."""
    values, spec = properties.get("mlm:hyperparameters"), properties.get("fair:hyperparameters_spec")
    if not values or not spec:
        return []
    found = [
        f"fair:hyperparameters_spec: {entry.get('key', '?')} lacks {field}"
        for entry in spec for field in ("key", "type", "default", "description") if field not in entry
    ]  # fmt: skip
    return found or [*value_problems({without_prefix(key): value for key, value in values.items()}, spec)]


def value_problems(values: Mapping[str, Any], spec: Spec) -> Iterable[str]:
    """Returns problems of `values`, whose keys have no prefix. A key without an entry is a problem."""
    entries = {entry["key"]: entry for entry in typed(spec)}
    for key, value in values.items():
        entry = entries.get(key)
        problem = "is not in fair:hyperparameters_spec" if entry is None else _value_problem(value, entry)
        if problem:
            yield f"{key} {problem}"


def _value_problem(value: Any, entry: Mapping[str, Any]) -> str | None:
    if value is None and entry.get("optional"):
        return None
    found = find_violation(entry, value)
    if found is None or found.rule == "values":
        return found and str(found)
    return f"must be {_LIMITS[found.rule]} {found.wanted}"
