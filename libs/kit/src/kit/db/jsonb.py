"""JSON values that PostgreSQL can store."""

import math
import re
from typing import Any, cast

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def storable(value: Any) -> Any:
    """Returns the value with NUL characters and lone surrogates replaced by U+FFFD, and with NaN and infinities
    replaced by None: `jsonb` takes none of them. Refusals quote user input, and refusals have to be stored."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(REPLACEMENT, value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [storable(inner) for inner in cast("list[Any]", value)]
    return value
