"""Commands that carry a long list: the body of the request lies on disk, is checked entry by entry, and goes to the
object store. No more than one entry is in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from contracts.base import Command
from gateway.http.checks import check_type
from gateway.http.inputs.json_body import NUL
from gateway.http.middleware import set_body_limit
from gateway.http.uploads.feature_collection import BadUpload
from kit.messaging.staging import MAX_INLINE_BYTES, StagedFile

AT_ONCE = 4
"""Bodies of one process on disk at the same time; others wait."""
IN_MEMORY = 1 << 20
"""Bytes of a body that are kept in memory instead of on disk."""
LIST = (b"[", b"]")
MAX_ERRORS = 1000
"""Errors after which the rest of a body is not checked."""
_disk = asyncio.Semaphore(AT_ONCE)


@asynccontextmanager
async def body_on_disk(request: Request, most: int) -> AsyncIterator[IO[bytes]]:
    """Yields the body. Raises 415 unless it is JSON, 413 for more than `most` bytes."""
    check_type(request.headers)
    set_body_limit(request, most)
    async with _disk:
        with SpooledTemporaryFile(IN_MEMORY) as file:
            async for piece in request.stream():
                file.write(piece)
            file.seek(0)
            yield file  # type: ignore[misc]


@asynccontextmanager
async def carried(
    kind: type[Command], entries: Iterable[bytes], member: str, around: tuple[bytes, bytes] = LIST, **fields: Any
) -> AsyncIterator[tuple[Command, StagedFile | None]]:
    """Yields a command whose list `member` has these entries, as JSON: with its body in a file if it is large. `around`
    is what stands before and after the entries. What reading them raises is raised here."""
    with SpooledTemporaryFile(IN_MEMORY) as file:
        pieces = _pieces(entries, orjson.dumps(fields)[:-1], member, around)
        staged = await asyncio.to_thread(_written, file, pieces)  # type: ignore[arg-type]
        if staged.size > MAX_INLINE_BYTES:
            yield kind.model_construct(**fields), staged
        else:
            file.seek(0)
            yield kind.model_validate_json(file.read()), None


def whole(command: Command) -> StagedFile:
    """Returns the body of a command that is in memory, for the object store."""
    content = command.model_dump_json().encode()
    return StagedFile(BytesIO(content), len(content), hashlib.sha256(content).hexdigest())


def _written(file: IO[bytes], pieces: Iterable[bytes]) -> StagedFile:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        file.write(piece)
        digest.update(piece)
        size += len(piece)
    return StagedFile(file, size, digest.hexdigest())  # type: ignore[arg-type]


def _pieces(entries: Iterable[bytes], head: bytes, member: str, around: tuple[bytes, bytes]) -> Iterator[bytes]:
    yield head + (b"," if len(head) > 1 else b"") + orjson.dumps(member) + b":" + around[0]
    for number, entry in enumerate(entries):
        yield b"," + entry if number else entry
    yield around[1] + b"}"


def checked(
    entries: Iterable[Any], schema: TypeAdapter[Any], most: int, above: tuple[str, ...] = ()
) -> Iterator[bytes]:
    """Yields the entries as JSON. Raises RequestValidationError with the errors of all of them, 413 for more than
    `most`."""
    errors: list[Any] = []
    try:
        for number, entry in enumerate(entries):
            if number >= most:
                raise HTTPException(413, f"At most {most} entries are allowed.")
            content, found = _checked(entry, schema)
            errors += [{**error, "loc": ("body", number, *error["loc"])} for error in found]
            if len(errors) >= MAX_ERRORS:
                break
            if not errors:
                yield content
    except BadUpload as problem:
        errors.append({"loc": ("body",), "msg": str(problem), "type": "json_invalid"})
    if errors:
        raise RequestValidationError(errors)


def _checked(entry: Any, schema: TypeAdapter[Any]) -> tuple[bytes, list[Any]]:
    try:
        content = orjson.dumps(entry)
        schema.validate_json(content, strict=True)
    except ValidationError as error:
        return b"", error.errors(include_url=False, include_input=False, include_context=False)
    except TypeError:
        return b"", [{"loc": (), "msg": "has text or numbers that cannot be stored", "type": "value_error"}]
    if NUL in content:
        return b"", [{"loc": (), "msg": "text must not contain NUL characters", "type": "value_error"}]
    return content, []
