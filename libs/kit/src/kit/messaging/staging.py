"""Bodies of commands that are too large for the bus: the object store keeps them from the sender to the verdict."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import BinaryIO
from uuid import UUID

from nats.aio.msg import Msg

from contracts import headers as h
from kit.errors import NotFound
from kit.storage.port import ObjectStore

MAX_INLINE_BYTES = 256 * 1024
"""Bytes of a body that travels with its command."""
FOLDER = "staging/"
RETENTION = timedelta(days=1)
"""Longer than a command waits for its owner, unless the owner is away; then the command becomes a dead letter without a
body."""


class Gone(Exception):
    """The body is no longer in the object store, or is not the one that was sent."""


@dataclass(frozen=True)
class StagedFile:
    """A body that its sender has in a file; `size` in bytes, `sha256` as hex."""

    file: BinaryIO
    size: int
    sha256: str


async def put_file(storage: ObjectStore, command_id: UUID, body: StagedFile) -> dict[str, str]:
    """As `put`, without reading the body into memory."""
    key = f"{FOLDER}{command_id}"
    body.file.seek(0)
    await storage.put(key, body.file, "application/json")
    return {h.STAGED: key, h.STAGED_SIZE: str(body.size), h.STAGED_SHA256: body.sha256}


async def put(storage: ObjectStore, command_id: UUID, data: bytes) -> dict[str, str]:
    """Stores the body and returns the headers that refer to it. Raises Unavailable when the store does not accept
    it."""
    key = f"{FOLDER}{command_id}"
    await storage.put(key, data, "application/json")
    return {h.STAGED: key, h.STAGED_SIZE: str(len(data)), h.STAGED_SHA256: sha256(data).hexdigest()}


async def body(storage: ObjectStore | None, data: bytes, headers: dict[str, str]) -> bytes:
    """Returns the body of a message as its stream keeps it. Raises Gone, or Unavailable when the store is away."""
    if data or h.STAGED not in headers:
        return data
    if storage is None:
        raise Gone("this service has no object store, where its body is")
    try:
        found = await storage.get(headers[h.STAGED])
    except NotFound as error:
        raise Gone(f"its body {headers[h.STAGED]} is not in the object store any more") from error
    if fingerprint(found, {}) != fingerprint(b"", headers) or str(len(found)) != headers[h.STAGED_SIZE]:
        raise Gone(f"its body {headers[h.STAGED]} is not the one that was sent")
    return found


def fingerprint(data: bytes, headers: dict[str, str]) -> str:
    """Returns the SHA-256 of the body as hex, wherever the body is."""
    return headers[h.STAGED_SHA256] if not data and h.STAGED_SHA256 in headers else sha256(data).hexdigest()


async def unpack(storage: ObjectStore | None, msg: Msg) -> None:
    """Puts the body back into its message. Raises Gone or Unavailable."""
    msg.data = await body(storage, msg.data, msg.headers or {})


async def remove(storage: ObjectStore | None, msg: Msg) -> None:
    """Deletes the body of a settled message. Raises Unavailable."""
    if storage:
        await storage.remove([(msg.headers or {})[h.STAGED]])


async def sweep(storage: ObjectStore) -> int:
    """Deletes the bodies that are older than a day and returns their number."""
    old = await storage.keys(FOLDER, datetime.now(UTC) - RETENTION)
    await storage.remove(old)
    return len(old)
