"""One member of a large JSON body is kept as text: whoever owns it reads it, and here it would be a million objects."""

import re

from starlette.exceptions import HTTPException

MAX_OBJECTS, MAX_TEXTS = 300_000, 1_000_000
"""In a body; an area with so many features has more vertices than any may have."""
TOO_MANY = f"The body has more than {MAX_OBJECTS:,} objects, or more than {MAX_TEXTS:,} texts."
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
"""A string, or the rest of a body in which it does not end: so no character is looked at twice."""
_TOKEN, _BRACE = (re.compile(_TEXT + other, re.DOTALL) for other in (rb"|[{}\[\]]", rb"|[{}]"))
_VALUE = re.compile(rb"\s*:\s*(?=\{)")


def taken_out(content: bytes, name: str) -> tuple[bytes, bytes | None]:
    """Returns the body with an empty object for the value of its member `name`, and the text of that value; None unless
    it is an object. Nothing is parsed, and what is no JSON stays so in one of both. Raises 413 for too many objects or
    texts."""
    if content.count(b"{") > MAX_OBJECTS or content.count(b'"') > 2 * MAX_TEXTS:
        raise HTTPException(413, TOO_MANY)
    key, depth = f'"{name}"'.encode(), 0
    for token in _TOKEN.finditer(content):
        depth += _step(token[0])
        if depth == 1 and token[0] == key and (value := _VALUE.match(content, token.end())):
            start, end = value.end(), _end_of_object(content, value.end())
            return content[:start] + b"{}" + content[end:], content[start:end]
    return content, None


def _end_of_object(content: bytes, start: int) -> int:
    depth = 0
    for token in _BRACE.finditer(content, start):
        depth += _step(token[0])
        if not depth:
            return token.end()
    return len(content)


def _step(token: bytes) -> int:
    return {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(token, 0)
