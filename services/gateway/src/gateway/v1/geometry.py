"""`geom` as v1 clients send it."""

from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator


def _read(value: object) -> object:
    """An object, or its text."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise ValueError("must be a GeoJSON geometry or its text") from None


Geom = Annotated[dict[str, Any], BeforeValidator(_read)]
