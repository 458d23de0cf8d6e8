"""Names of schemas in the OpenAPI document. Generated clients refer to them, so a class that is renamed keeps here the
name that was published first."""

import re
from typing import Any

import orjson

PUBLISHED = {"V1": "Early", "PinPoint": "Place"}
"""Name, or first part of a name, of a class → what stands for it in the document."""
_RENAMED = re.compile(r"(?<![A-Za-z0-9])(?:V1(?=[A-Z])|PinPoint(?![A-Za-z]))")
_REFERENCE = re.compile(r'(?<="#/components/schemas/)[^"]+')


def published_name(name: str) -> str:
    """`V1Aoi` → `EarlyAoi`, `ListOf_V1Model_` → `ListOf_EarlyModel_`."""
    return _RENAMED.sub(lambda found: PUBLISHED[found[0]], name)


def with_published_names(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the published names in its references and its schemas."""
    text = _REFERENCE.sub(lambda found: published_name(found[0]), orjson.dumps(document).decode())
    renamed = orjson.loads(text)
    schemas = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {published_name(name): schema for name, schema in schemas.items()}
    return renamed
