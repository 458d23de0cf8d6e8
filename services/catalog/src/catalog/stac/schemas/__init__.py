"""JSON schemas as files, so that validation needs no network.

`extensions/` contains published schemas of STAC extensions (Apache-2.0), `own/` our version of extensions whose schema
is not available; schemas of our own items are in `contracts.stac_schemas`. `docs/decisions/0008-stac-schemas.md` lists
the replacements.
"""

from functools import cache
from importlib.resources import files
from json import loads
from typing import Any

from jsonschema import Draft7Validator
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from contracts import stac_schemas

CORE = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"
COLLECTION = "https://schemas.stacspec.org/v1.1.0/collection-spec/json-schema/collection.json"
HOST = "https://stac-extensions.github.io/"
MLM_HELD, MLM_USED = f"{HOST}mlm/v1.4.0/schema.json", f"{HOST}mlm/v1.5.1/schema.json"
REFERRED = {f"{HOST}classification/v1.1.0/schema.json": f"{HOST}classification/v2.0.0/schema.json"}
"""Schemas that others refer to, and the version that replaces them."""


@cache
def registry() -> Registry[Any]:
    """Returns all schemas by address, without a trailing `#`."""
    documents = dict(get_local_schema_cache())
    for document in (*_files(), *(loads(stac_schemas.text(kind)) for kind in stac_schemas.KINDS)):
        documents[document["$id"].rstrip("#")] = document
    documents[MLM_USED] = _mlm_used(documents[MLM_HELD])
    for wanted, held in REFERRED.items():
        documents.setdefault(wanted, documents[held])
    pairs = [(uri, Resource.from_contents(doc, default_specification=DRAFT7)) for uri, doc in documents.items()]
    return Registry().with_resources(pairs)


def _files() -> list[dict[str, Any]]:
    folders = [files(__name__).joinpath(folder) for folder in ("extensions", "own")]
    return [loads(file.read_bytes()) for folder in folders for file in folder.iterdir()]


def _mlm_used(held: dict[str, Any]) -> dict[str, Any]:
    """Returns the MLM version that our items declare: the available one with the later fields that we use."""
    used = _renamed(held)
    used["$defs"]["fields"]["properties"]["mlm:entrypoint"] = {"type": "string", "minLength": 1}
    return used


def _renamed(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _renamed(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_renamed(value) for value in part]
    return MLM_USED if part == MLM_HELD else part


@cache
def validator(uri: str) -> Draft7Validator | None:
    """Returns None for an address without a schema."""
    kind = stac_schemas.kind_of(uri)
    held = registry().get(stac_schemas.address(kind) if kind else uri)
    return Draft7Validator(held.contents, registry=registry()) if held else None
