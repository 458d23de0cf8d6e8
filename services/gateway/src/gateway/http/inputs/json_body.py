"""Bodies of requests as JSON, read as strictly as orjson does."""

import asyncio
import json
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gateway.http.inputs.large_member import taken_out

NUL = b"\\u0000"
MAX_DEPTH = 32
TOO_DEEP = f"The JSON is nested too deeply: at most {MAX_DEPTH} levels are allowed."
LARGE = 1 << 20
"""Bytes of a body that is parsed as a whole."""
MARK = b"\xef\xbb\xbf"
"""Byte order mark, which Windows programs write before UTF-8 text."""


def is_deep(value: Any, most: int = MAX_DEPTH) -> bool:
    """Returns whether arrays and objects are nested more than `most` levels deep, which later readers cannot process.
    Visits one level after the other, because recursion would itself be nested."""
    level = [value]
    for _ in range(most):
        level = [child for one in level for child in _children(one)]
        if not level:
            return False
    return any(isinstance(one, dict | list) for one in level)


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class JsonRequest(Request):
    """Rejects what PostgreSQL or other readers cannot store: NaN, lone surrogates, NUL characters, deep nesting."""

    large_member: str | None = None
    """Member of the body that is kept as text when the body is large."""
    text_of_member: bytes | None = None
    """That text; an empty object stands in its place."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            if NUL in body:
                raise HTTPException(400, "Text must not contain NUL characters.")
            if self.large_member and len(body) > LARGE:
                body, self.text_of_member = await asyncio.to_thread(taken_out, body, self.large_member)
                self._body = body
                if len(body) > LARGE:
                    raise HTTPException(413, f"Without `{self.large_member}`, a body may have {LARGE} bytes.")
            try:
                self._json = orjson.loads(body.removeprefix(MARK))
            except orjson.JSONDecodeError as error:
                raise json.JSONDecodeError(error.msg, "", 0) from error
            if body.count(b"[") + body.count(b"{") > MAX_DEPTH and is_deep(self._json):
                raise HTTPException(400, TOO_DEEP)
        return self._json
