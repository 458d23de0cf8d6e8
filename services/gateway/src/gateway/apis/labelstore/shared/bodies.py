"""The description of bodies that are read entry by entry."""

from typing import Any

from pydantic import TypeAdapter


def described(schema: Any, example: Any) -> dict[str, Any]:
    """Returns the part of an operation that describes a JSON body. Schemas are written out, because the document has no
    components for them."""
    media = {"schema": _inlined(TypeAdapter(schema).json_schema()), "examples": {"typical": {"value": example}}}
    return {"requestBody": {"required": True, "content": {"application/json": media}}}


def _inlined(schema: dict[str, Any]) -> Any:
    parts = schema.pop("$defs", {})

    def without_references(value: Any) -> Any:
        if isinstance(value, list):
            return [without_references(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return without_references(parts[value["$ref"].rpartition("/")[2]])
        return {name: without_references(one) for name, one in value.items() if name != "discriminator"}

    return without_references(schema)
