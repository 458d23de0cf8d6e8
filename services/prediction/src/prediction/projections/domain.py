"""What a model lets its users set, by its `fair:hyperparameters_spec` and the `inference.` keys of its defaults."""

from collections.abc import Mapping, Sequence
from typing import Any

from geoml.hyperparameters import INFERENCE, Entry, find_violation, phase_defaults, rule_of_default

MAX_TEXT_LENGTH = 1000


def inference_defaults(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Bare key → default."""
    return phase_defaults(hyperparameters, INFERENCE)


def parameter_errors(hyperparameters: Mapping[str, Any], spec: Sequence[Entry], given: Mapping[str, Any]) -> list[str]:
    """One sentence for each given value that the model does not allow."""
    declared = {str(entry.get("key")): entry for entry in reversed(spec)}
    defaults = inference_defaults(hyperparameters)
    rules = {key: declared.get(key) or rule_of_default(default) for key, default in defaults.items()}
    known = ", ".join(sorted(rules)) or "none"
    unknown = [f"{key} is not a parameter of this model. Known: {known}." for key in given if key not in rules]
    return unknown + [
        f"{key} {error}." for key, value in given.items() if key in rules and (error := _error(rules[key], value))
    ]


def _error(rule: Entry, value: Any) -> str:
    if violation := find_violation(rule, value):
        if violation.rule in ("min", "max"):
            return f"must lie within {rule.get('min', '-∞')} and {rule.get('max', '∞')}"
        return str(violation)
    is_long = isinstance(value, str) and len(value) > MAX_TEXT_LENGTH
    return f"must be a text of at most {MAX_TEXT_LENGTH} characters" if is_long else ""
