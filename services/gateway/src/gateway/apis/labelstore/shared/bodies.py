"""Bodies that are read entry by entry."""

from collections.abc import Iterable, Iterator
from typing import IO, Any

from pydantic import TypeAdapter
from starlette.exceptions import HTTPException

from gateway.http.uploads.feature_collection import entries_of
from gateway.http.uploads.large_commands import checked
from gateway.settings import LabelSettings


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


def images_of(file: IO[bytes], schema: TypeAdapter[Any], settings: LabelSettings) -> Iterator[bytes]:
    """Yields the entries of a list of images with objects as JSON. Raises RequestValidationError with the errors of all
    of them, 413 for more images or objects than a submission may have."""
    return checked(_counted(entries_of(file), settings.label_max_objects), schema, settings.label_max_submission)


def _counted(entries: Iterable[Any], most: int) -> Iterator[Any]:
    count = 0
    for entry in entries:
        objects = entry.get("objects") if isinstance(entry, dict) else None
        count += len(objects) if isinstance(objects, list) else 0
        if count > most:
            raise HTTPException(413, f"At most {most} objects are allowed.")
        yield entry
