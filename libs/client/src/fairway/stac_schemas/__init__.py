"""Offline copies of the JSON schemas that Fairway's STAC items declare, for validators without a network."""

from importlib.resources import files
from json import loads
from typing import Any

VERSION = "v1.1.0"
WRITTEN_AT = f"https://fairway.example/schemas/{VERSION}"
"""The base of the addresses that the copies refer to each other by."""
KINDS = ("base-model", "local-model", "dataset", "common")


def documents(api: str) -> dict[str, dict[str, Any]]:
    """Each schema by the address that items of the deployment at `api` (it ends in `/api/v1`) declare.

    With pystac: `for address, schema in documents(api).items(): validator.schema_cache[address] = schema`.
    """
    base = f"{api.rstrip('/')}/schemas/{VERSION}"
    texts = {kind: files(__name__).joinpath(f"{kind}.json").read_text() for kind in KINDS}
    return {f"{base}/{kind}/schema.json": loads(text.replace(WRITTEN_AT, base)) for kind, text in texts.items()}
