"""Values of properties that every format and most programs can hold."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

BIG = "A whole number beyond 64 bits was written as text, so that programs keep its digits."
INFINITE = "A number too large for a floating-point number was left empty."
WHOLE = range(-(2**63), 2**63)
Note = Callable[[str], object]


def floats(value: Any) -> Any:
    """Decimals as floating-point numbers, at any depth."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [floats(one) for one in value]  # pyright: ignore
    if isinstance(value, dict):
        return {key: floats(one) for key, one in value.items()}  # pyright: ignore
    return value


def portable(value: Any, note: Note) -> Any:
    """The value with numbers of at most 64 bits, at any depth. `note` hears why something was altered."""
    if isinstance(value, list):
        return [portable(one, note) for one in value]  # pyright: ignore
    if isinstance(value, dict):
        return {key: portable(one, note) for key, one in value.items()}  # pyright: ignore
    if isinstance(value, float) and not math.isfinite(value):
        note(INFINITE)
        return None
    if isinstance(value, int) and value not in WHOLE:
        note(BIG)
        return str(value)
    return value
