"""JSON schemas as data, so that validation never needs the network.

`extensions/` holds schemas of the STAC extensions as published (Apache-2.0); `own/` ours, and our rendering of the
extensions whose schema we do not hold. What stands in for what: `docs/decisions/stac-schemas.md`.
"""

from functools import cache
from importlib.resources import files
from json import loads
from typing import Any

from jsonschema import Draft7Validator
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

CORE = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"
HOST = "https://stac-extensions.github.io/"
STAND_IN = {
    f"{HOST}mlm/v1.5.1/schema.json": f"{HOST}mlm/v1.4.0/schema.json",
    f"{HOST}classification/v1.1.0/schema.json": f"{HOST}classification/v2.0.0/schema.json",
}


@cache
def registry() -> Registry[Any]:
    """Every schema by its address, without a trailing `#`."""
    documents = dict(get_local_schema_cache())
    for folder in ("extensions", "own"):
        for file in files(__name__).joinpath(folder).iterdir():
            document = loads(file.read_bytes())
            documents[document["$id"].rstrip("#")] = document
    for wanted, held in STAND_IN.items():
        documents.setdefault(wanted, documents[held])
    pairs = [(uri, Resource.from_contents(doc, default_specification=DRAFT7)) for uri, doc in documents.items()]
    return Registry().with_resources(pairs)


@cache
def validator(uri: str) -> Draft7Validator | None:
    """None for an address whose schema we do not hold."""
    held = registry().get(uri)
    return Draft7Validator(held.contents, registry=registry()) if held else None
