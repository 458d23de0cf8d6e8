"""Conversion of values of any library to values that JSON can hold, without importing that library."""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Final

MAX_DEPTH: Final = 50
_INT64_LIMIT: Final = 2**63
_CONVERTERS: Final = ("tolist", "item", "numpy")
"""Methods with which scalars, arrays and tensors (numpy, torch, jax, tensorflow, pandas) return plain Python values."""


class NotJsonable(ValueError):
    """The text names the value and the reason, for a mapper."""


def jsonable(value: Any, name: str = "the value") -> Any:
    """Returns None, a boolean, number, text, list or dictionary with text keys; `name` is used in errors.

    NaN and infinite numbers become None, integers beyond 64 bits become floats, sets become lists.
    Raises NotJsonable for any other type, for nesting deeper than MAX_DEPTH (a value that contains itself), and for
    keys that become the same text.
    """
    return _converted(value, name, 0)


def _converted(value: Any, name: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise NotJsonable(f"{name[:80]} … is nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Real | Decimal):
        return _number(value)
    if isinstance(value, date):
        return value.isoformat()
    return _collection(value, name, depth)


def _text(value: str) -> str:
    """Replaces lone surrogates and the character 0, which UTF-8 and PostgreSQL cannot store."""
    return str.__str__(value).encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _number(value: Real | Decimal) -> int | float | None:
    if isinstance(value, Integral) and -_INT64_LIMIT <= int(value) < _INT64_LIMIT:
        return int(value)
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _collection(value: Any, name: str, depth: int) -> Any:
    if isinstance(value, Mapping):
        return _dictionary(value, name, depth)
    if isinstance(value, bytes | bytearray | memoryview):
        raise _unsupported(value, name)
    if isinstance(value, Sequence | Set):
        return _list(value, name, depth)
    return _from_library(value, name, depth)


def _dictionary(value: Mapping[Any, Any], name: str, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, one in value.items():
        text = _key(key, name)
        if text in found:
            raise NotJsonable(f"{name} has two keys that read {text!r}")
        found[text] = _converted(one, f"{name}[{text!r}]", depth + 1)
    return found


def _list(values: Iterable[Any], name: str, depth: int) -> list[Any]:
    return [_converted(one, f"{name}[{number}]", depth + 1) for number, one in enumerate(values)]


def _key(key: Any, name: str) -> str:
    """A number is written as Python does, `True` as JSON does."""
    plain = key if isinstance(key, str) else _converted(key, f"a key of {name}", 0)
    if isinstance(plain, str):
        return _text(plain)
    if isinstance(plain, bool) or plain is None:
        return {True: "true", False: "false", None: "null"}[plain]
    if isinstance(plain, int | float):
        return str(plain)
    raise _unsupported(key, f"a key of {name}")


def _from_library(value: Any, name: str, depth: int) -> Any:
    convert = next((getattr(value, one) for one in _CONVERTERS if callable(getattr(value, one, None))), None)
    plain = convert() if convert and not isinstance(value, type) else value
    if type(plain) is type(value):
        raise _unsupported(value, name)
    return _converted(plain, name, depth + 1)


def _unsupported(value: Any, name: str) -> NotJsonable:
    return NotJsonable(f"{name} is of the type {type(value).__name__}, which is neither a number nor a text")
