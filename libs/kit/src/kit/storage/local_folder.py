"""The storage port on a folder of this machine, for tests and installations on one machine."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

from kit.errors import Invalid, NotFound, Unavailable
from kit.storage.folder_files import ABSENT, ATTEMPTS, PRIVATE, changed, discard, entries, etag, move
from kit.storage.object_keys import is_possible
from kit.storage.port import BINARY, Listing

T = TypeVar("T")
MAX_NAME_BYTES = 255
"""Bytes of one part of a key; file systems accept no more."""


class LocalFolder:
    """Content lies in `<root>/objects/<key>`, content types other than `BINARY` in `<root>/types/<key>`. A write goes
    to `<root>/incoming` first and reaches the disk before its key does.

    With `bare` content lies in `<root>/<key>`, where other programs read and write it too, and the rest in
    `<root>/.store/`, which holds no keys.

    Unlike S3, it raises Invalid for keys that a folder cannot hold: with an empty part, with a part of more than
    `MAX_NAME_BYTES`, or below another key (`a/b` beside `a`).
    """

    def __init__(self, root: Path, bare: bool = False) -> None:
        self.root = root.resolve()
        self.private = self.root / PRIVATE if bare else self.root
        self._objects = self.root if bare else self.root / "objects"
        self._types, self._incoming = self.private / "types", self.private / "incoming"
        for folder in (self._objects, self._types, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)

    def uri(self, key: str) -> str:
        """Returns the `file://` address of a key."""
        return f"file://{self._objects}/{key}"

    def key_of(self, uri: str) -> str:
        """Returns the key of a `file://` address. Raises NotFound for an address outside the folder."""
        start = f"file://{self._objects}/"
        if not uri.startswith(start) or ".." in uri:
            raise NotFound("not_our_object", uri)
        return uri[len(start) :]

    async def put(self, key: str, body: bytes | BinaryIO, content_type: str = BINARY) -> None:
        """Stores `body` under `key`."""
        source = BytesIO(body) if isinstance(body, bytes) else body
        await self._run(partial(self._store, key, source, content_type), key)

    async def upload(self, path: str, key: str, content_type: str = BINARY) -> None:
        """Stores the local file `path` under `key`. Raises OSError when the file cannot be opened."""
        with await asyncio.to_thread(open, path, "rb") as source:
            await self.put(key, source, content_type)

    async def get(self, key: str) -> bytes:
        """Returns the content of an object."""
        return await self._run(self._path(key).read_bytes, key)

    async def download(self, key: str, path: str) -> None:
        """Writes an object to the local file `path`."""
        await self._run(partial(shutil.copyfile, self._path(key), path), key)

    async def copy(self, source_uri: str, key: str, content_type: str | None = None) -> None:
        """Copies the object at an address of this folder; `content_type` defaults to that of the source."""
        await self._run(partial(self._copy, self.key_of(source_uri), key, content_type), source_uri)

    async def head(self, key: str) -> dict[str, Any] | None:
        """Returns `{"ContentLength", "ETag", "ContentType", "LastModified"}`, or None when there is no such object."""
        try:
            return await self._run(partial(self._head, key), key)
        except NotFound:
            return None

    async def keys(self, prefix: str, before: datetime | None = None) -> list[str]:
        """Returns all keys that begin with `prefix`; with `before` only those written earlier."""
        found = await self._run(lambda: list(self._found(prefix, before)), prefix)
        return sorted(found, key=str.encode)

    async def level(self, prefix: str, after: str = "", most: int = 1000) -> Listing:
        """Returns one level, whole: folders without content too, and no next page. Entries are in the order of names;
        a folder that is not there has none."""
        try:
            return await self._run(partial(self._level, prefix), prefix)
        except NotFound:
            return Listing([], [], None)

    async def remove(self, keys: Sequence[str]) -> None:
        """Deletes the objects; missing ones are no error."""
        await self._run(lambda: [self._remove(key) for key in keys], "")

    async def check(self) -> None:
        """Raises NotFound when the folder does not exist."""
        await self._run(partial(os.listdir, self._incoming), str(self.root))

    def _path(self, key: str, below: Path | None = None) -> Path:
        parts = key.split("/")
        if (
            not is_possible(key)
            or self._is_private(key)
            or not all(0 < len(part.encode()) <= MAX_NAME_BYTES for part in parts)
        ):
            raise Invalid("impossible_key", f"A folder cannot hold the key {key!r}.")
        return (below or self._objects).joinpath(*parts)

    def _is_private(self, key: str) -> bool:
        return self.private != self.root and key.split("/")[0] == PRIVATE

    def _store(self, key: str, source: BinaryIO, content_type: str) -> None:
        target, incoming = self._path(key), self._incoming / uuid4().hex
        try:
            with incoming.open("xb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            self._set_type(key, content_type)
            move(incoming, target)
        except Invalid:  # then the key has no object, and may have no type either
            discard(self._path(key, self._types), self._types)
            raise
        finally:
            incoming.unlink(missing_ok=True)

    def _set_type(self, key: str, content_type: str) -> None:
        target, incoming = self._path(key, self._types), self._incoming / uuid4().hex
        if content_type == BINARY:
            return discard(target, self._types)
        incoming.write_text(content_type)
        move(incoming, target)

    def _type(self, key: str) -> str:
        try:
            return self._path(key, self._types).read_text()
        except ABSENT:
            return BINARY

    def _copy(self, source: str, key: str, content_type: str | None) -> None:
        with self._path(source).open("rb") as file:
            self._store(key, file, content_type or self._type(source))

    def _head(self, key: str) -> dict[str, Any]:
        path = self._path(key)
        stat = path.stat()
        if not path.is_file():
            raise FileNotFoundError(key)
        return {
            "ContentLength": stat.st_size, "ETag": etag(stat), "ContentType": self._type(key),
            "LastModified": changed(stat),
        }  # fmt: skip

    def _level(self, prefix: str) -> Listing:
        """Of a folder that another one replaces meanwhile, the entries are those of one of the two."""
        folder = self._path(prefix.rstrip("/")) if prefix else self._objects
        for _ in range(ATTEMPTS):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                found = entries(descriptor, prefix)
                if os.path.samestat(os.fstat(descriptor), folder.stat()):
                    return found
            finally:
                os.close(descriptor)
        raise Unavailable("storage_unavailable", "The storage folder is changing too fast.")

    def _found(self, prefix: str, before: datetime | None) -> Iterator[str]:
        """Files that are removed meanwhile are left out."""
        searched = is_possible(prefix) and not self._is_private(prefix)
        parts = [part for part in prefix.split("/")[:-1] if part] if searched else ["."]
        for folder, below, names in os.walk(self._objects.joinpath(*parts)):
            below[:] = [name for name in below if Path(folder, name) != self.private]
            for path in (Path(folder, name) for name in names):
                key = path.relative_to(self._objects).as_posix()
                with suppress(*ABSENT):
                    if key.startswith(prefix) and (before is None or path.stat().st_mtime < before.timestamp()):
                        yield key

    def _remove(self, key: str) -> None:
        for below in (self._objects, self._types):
            discard(self._path(key, below), below)

    async def _run(self, work: Callable[[], T], key: str) -> T:
        try:
            return await asyncio.to_thread(work)
        except ABSENT as error:
            raise NotFound("object_not_found", key) from error
        except OSError as error:
            raise Unavailable("storage_unavailable", "The storage folder cannot be used.") from error
