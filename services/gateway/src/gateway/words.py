"""What people read of operations and parameters (`words.toml`), and examples of bodies (`examples.json`, generated)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).parent
TAGS, PARAMETERS = "tags", "parameters"


@cache
def spoken() -> dict[str, dict[str, Any]]:
    """Tag → operation → summary and description; the parts `tags` and `parameters` are name → description."""
    return tomllib.loads((HERE / "words.toml").read_text())


@cache
def examples() -> dict[str, Any]:
    """Operation → body."""
    return orjson.loads((HERE / "examples.json").read_bytes())


def put_into_words(operation: dict[str, Any]) -> None:
    """Adds summary, description, words for parameters and an example of the body where there is none."""
    name = operation["operationId"]
    said = spoken().get(operation["tags"][0], {}).get(name)
    if said:
        operation["summary"], operation["description"] = said
    for parameter in operation.get("parameters", ()):
        if "description" not in parameter and parameter["name"] in spoken()[PARAMETERS]:
            parameter["description"] = spoken()[PARAMETERS][parameter["name"]]
    if name in examples():
        media = operation["requestBody"]["content"]["application/json"]
        media["examples"] = {"typical": {"value": examples()[name]}}
