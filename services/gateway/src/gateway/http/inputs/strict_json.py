"""JSON that every reader and PostgreSQL can take: what orjson refuses, and three things that it lets pass."""

import re
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError

from gateway.http.inputs.json_body import MARK, is_deep

MAX_DEPTH = 100
_LONG = re.compile(rb"[0-9]{19}")
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|(?<![0-9.eE+-])(-?[0-9]{19,})(?![0-9.eE])', re.DOTALL)
"""Strings, and integers that may be too large for 64 bits; digits of fractions and exponents are no integers."""
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
INT64 = range(-(2**63), 2**63)


def strict_json(body: bytes) -> Any:
    """Returns the value. Raises RequestValidationError for what is not JSON (`NaN`, `1e999`, lone surrogates), integers
    beyond signed 64 bits, U+0000 in a string, and more than MAX_DEPTH levels of arrays and objects."""
    try:
        value = orjson.loads(body.removeprefix(MARK))
    except orjson.JSONDecodeError as error:
        raise invalid("json_invalid", f"JSON decode error: {error.msg}", error.pos) from error
    if b"\\u0000" in body and _NUL.search(body):
        raise invalid("value_error", "Text must not contain U+0000")
    if _LONG.search(body) and _has_large_integer(body):
        raise invalid("int_parsing_size", "Integers must fit into signed 64 bits")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and is_deep(value, MAX_DEPTH):
        raise invalid("value_error", f"At most {MAX_DEPTH} levels of arrays and objects are allowed")
    return value


def _has_large_integer(body: bytes) -> bool:
    return any(found[1] and int(found[1]) not in INT64 for found in _TOKENS.finditer(body))


def invalid(kind: str, message: str, *where: str | int) -> RequestValidationError:
    """Returns the error about one place of a body, named from its top down."""
    return RequestValidationError([{"type": kind, "loc": ("body", *where), "msg": message}])
