"""Texts of operations and parameters (`texts.toml`, docstrings), examples of bodies (`examples.json`, generated)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).parent
TAGS, PARAMETERS = "tags", "parameters"


@cache
def texts() -> dict[str, dict[str, Any]]:
    """Returns tag → operation → summary and description; the parts `tags` and `parameters` are name → description."""
    return tomllib.loads((HERE / "texts.toml").read_text())


@cache
def examples() -> dict[str, Any]:
    """Returns operation → body."""
    return orjson.loads((HERE / "examples.json").read_bytes())


def apply_texts(operation: dict[str, Any]) -> None:
    """Adds summary, description, descriptions of parameters and an example of the body. An operation that `texts.toml`
    does not name has the docstring of its function."""
    name = operation["operationId"]
    found = texts().get(operation["tags"][0], {}).get(name) or _of_docstring(operation.get("description", ""))
    if found:
        operation["summary"], operation["description"] = found
    for parameter in operation.get("parameters", ()):
        if "description" not in parameter and parameter["name"] in texts()[PARAMETERS]:
            parameter["description"] = texts()[PARAMETERS][parameter["name"]]
    if name in examples():
        media = operation["requestBody"]["content"]["application/json"]
        media["examples"] = {"typical": {"value": examples()[name]}}


def _of_docstring(text: str) -> tuple[str, str] | None:
    """Returns the first line without its full stop as summary, and the whole as description."""
    return (text.partition("\n")[0].removesuffix("."), text) if text else None
