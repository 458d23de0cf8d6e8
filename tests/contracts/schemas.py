"""Golden JSON schemas of all messages, and what counts as breaking them."""

import json
from pathlib import Path
from typing import Any

import contracts
from contracts.base import Message
from contracts.registry import all_messages

FOLDER = Path(contracts.__file__).parents[2]
SCHEMAS, EXAMPLES, RELEASED = FOLDER / "schemas", FOLDER / "examples", FOLDER / "released"


def schema(message: type[Message]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": message.ce_type(), **_body(message)}


def _body(message: type[Message]) -> dict[str, Any]:
    return message.model_json_schema()


def golden() -> dict[str, str]:
    """File name → content."""
    return {f"{name}.json": json.dumps(schema(kind), indent=2) + "\n" for name, kind in sorted(all_messages().items())}


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Why a reader of `old` could fail on `new`: a field gone, a type narrowed or changed, a new field required."""
    return [*_object(old, new, old, new, "")]


def _object(old: dict, new: dict, old_root: dict, new_root: dict, path: str):
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    fields, now = old.get("properties", {}), new.get("properties", {})
    for name, part in fields.items():
        where = f"{path}.{name}".lstrip(".")
        if name not in now:
            yield f"{where}: removed"
        else:
            yield from _field(part, now[name], old_root, new_root, where)
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        yield f"{path}.{name}: newly required".lstrip(".")


def _field(old: dict, new: dict, old_root: dict, new_root: dict, where: str):
    before, after = _types(old, old_root), _types(new, new_root)
    if not before <= after and "any" not in after:
        yield f"{where}: {sorted(before)} became {sorted(after)}"
    if set(_values(old)) - set(_values(new)) and _values(new):
        yield f"{where}: values {sorted(map(str, set(_values(old)) - set(_values(new))))} are gone"
    yield from _object(old, new, old_root, new_root, where)


def _values(part: dict) -> list:
    return part.get("enum", [part["const"]] if "const" in part else [])


def _types(part: dict, root: dict) -> set[str]:
    part = _resolved(part, root)
    if "anyOf" in part:
        return set().union(*(_types(choice, root) for choice in part["anyOf"]))
    kind = part.get("type", "any")
    return set(kind) if isinstance(kind, list) else {kind}


def _resolved(part: dict, root: dict) -> dict:
    return root["$defs"][part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
