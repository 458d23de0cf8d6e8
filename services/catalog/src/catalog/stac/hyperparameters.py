"""The rules of `fair:hyperparameters_spec`."""

from collections.abc import Iterable, Mapping
from typing import Any

Spec = list[dict[str, Any]]
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "str": (str,), "bool": (bool,), "imagery": (str,),
}  # fmt: skip


def bare(key: str) -> str:
    """`training.epochs` → `epochs`."""
    return key.partition(".")[2] or key


def spec_problems(properties: Mapping[str, Any]) -> list[str]:
    """Entries that say too little, keys of `mlm:hyperparameters` without an entry, values outside their own spec."""
    values, spec = properties.get("mlm:hyperparameters"), properties.get("fair:hyperparameters_spec")
    if not values or not spec:
        return []
    found = [
        f"fair:hyperparameters_spec: {entry.get('key', '?')} lacks {field}"
        for entry in spec for field in ("key", "type", "default", "description") if field not in entry
    ]  # fmt: skip
    return found or [*value_problems({bare(key): value for key, value in values.items()}, spec)]


def value_problems(values: Mapping[str, Any], spec: Spec) -> Iterable[str]:
    """`values` have bare keys; a key that the spec does not know is a problem too."""
    entries = {entry["key"]: entry for entry in spec}
    for key, value in values.items():
        entry = entries.get(key)
        problem = "is not in fair:hyperparameters_spec" if entry is None else _value_problem(value, entry)
        if problem:
            yield f"{key} {problem}"


def _value_problem(value: Any, entry: Mapping[str, Any]) -> str | None:
    if value is None and entry.get("optional"):
        return None
    wanted = _TYPES[entry["type"]]
    if not isinstance(value, wanted) or (isinstance(value, bool) and entry["type"] != "bool"):
        return f"must be of type {entry['type']}"
    if entry.get("values") and value not in entry["values"]:
        return f"must be one of {', '.join(map(str, entry['values']))}"
    if "min" in entry and value < entry["min"]:
        return f"must be at least {entry['min']}"
    if "max" in entry and value > entry["max"]:
        return f"must be at most {entry['max']}"
    return None
