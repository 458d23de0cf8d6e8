"""JSON schemas of this platform's kinds of STAC item: the catalog writes their addresses into items, the gateway serves
them.

A schema's address is that of the deployment that serves it. So a schema recognises its items by the end of the address
that they declare, and refers to the common schema by a relative address.
"""

import re
from functools import cache
from importlib.resources import files

VERSION = "v1.1.0"
NOWHERE = f"https://fairway.example/schemas/{VERSION}"
"""Base address in the files, and in items that were written by a deployment without a public address."""
KINDS = ("base-model", "local-model", "dataset", "common")
_OURS = re.compile(rf"/schemas/{re.escape(VERSION)}/({'|'.join(KINDS)})/schema\.json$")


def base(api: str | None) -> str:
    """Returns the address under which the API at the public address `api` serves the schemas."""
    return f"{api.rstrip('/')}/schemas/{VERSION}" if api else NOWHERE


def address(kind: str, api: str | None = None) -> str:
    """Returns the address of one schema."""
    return f"{base(api)}/{kind}/schema.json"


def kind_of(address: str) -> str | None:
    """Returns the kind of item that an address stands for, whichever deployment serves it."""
    match = _OURS.search(address)
    return match[1] if match else None


@cache
def text(kind: str, api: str | None = None) -> str:
    """Returns the schema as the API at that public address serves it. Raises KeyError for an unknown kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    return files(__name__).joinpath(f"{kind}.json").read_text().replace(NOWHERE, base(api))
