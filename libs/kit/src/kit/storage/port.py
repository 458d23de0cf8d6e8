"""The storage ports. `ObjectStore` is what code that keeps files needs: `object_storage.Storage` implements it on S3,
`local_folder.LocalFolder` on a folder; one test suite runs on both. `LinkedStore` adds what only S3 has."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from contracts.shared import Actor

BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Listing:
    """One level of a store. `folders` end with a slash; `files` are `{"Key", "Size", "ETag", "LastModified"}`; `next`
    is the token of the next page."""

    folders: list[str]
    files: list[dict[str, Any]]
    next: str | None


class ObjectStore(Protocol):
    """Objects by key. An object appears whole or not at all, and a write replaces what the key held before.

    Every method that calls the store raises Unavailable while it does not answer and NotFound for an object that does
    not exist.
    """

    def uri(self, key: str) -> str:
        """Returns the address of a key; it names the store."""
        ...

    def key_of(self, uri: str) -> str:
        """Returns the key of an address. Raises NotFound for an address outside the store."""
        ...

    async def put(self, key: str, body: bytes | BinaryIO, content_type: str = BINARY) -> None:
        """Stores `body` under `key`."""
        ...

    async def get(self, key: str) -> bytes:
        """Returns the content of an object."""
        ...

    async def upload(self, path: str, key: str, content_type: str = BINARY) -> None:
        """Stores the local file `path` under `key`."""
        ...

    async def download(self, key: str, path: str) -> None:
        """Writes an object to the local file `path`."""
        ...

    async def copy(self, source_uri: str, key: str, content_type: str | None = None) -> None:
        """Copies the object at an address of this store; `content_type` defaults to that of the source."""
        ...

    async def head(self, key: str) -> dict[str, Any] | None:
        """Returns `{"ContentLength", "ETag", "ContentType", "LastModified"}`, or None when there is no such object. The
        size is in bytes, the time in UTC; the tag changes with the content."""
        ...

    async def keys(self, prefix: str, before: datetime | None = None) -> list[str]:
        """Returns all keys that begin with `prefix`, in the order of their bytes; with `before` only those written
        earlier."""
        ...

    async def remove(self, keys: Sequence[str]) -> None:
        """Deletes the objects; missing ones are no error."""
        ...

    async def check(self) -> None:
        """Raises NotFound or Unavailable when the store is not usable."""
        ...


class LinkedStore(ObjectStore, Protocol):
    """An object store whose objects have addresses that anybody may open for some time, and whose bucket can be listed
    level by level. Signing needs no network."""

    prefix: str
    """Folder of ours in the bucket, with a slash behind; empty for the whole bucket."""

    @property
    def bucket(self) -> str:
        """Name of the bucket; empty for a deployment without one."""
        ...

    @property
    def presigned_expiry(self) -> int:
        """Seconds for which an address works."""
        ...

    def presigned(self, key: str, seconds: int | None = None) -> str:
        """Returns a GET URL that works for `seconds`, by default `presigned_expiry`. Does not check that the object
        exists. Raises Unavailable without a bucket."""
        ...

    def presigned_at(self, full_key: str, method: str = "GET") -> str:
        """Returns a URL for any key of the bucket. The store wants HEAD to be signed separately."""
        ...

    def presigned_listing(self, prefix: str) -> str:
        """Returns a URL that lists the keys under a prefix."""
        ...

    async def level(self, prefix: str, after: str = "", most: int = 1000) -> Listing:
        """Returns one level of the bucket, at most `most` entries, from the token `after` on. Unlike elsewhere,
        `prefix` and the keys are those of the whole bucket."""
        ...

    def anonymous_limit(self, actor: Actor) -> AbstractAsyncContextManager[None]:
        """Limits the reads for anonymous actors, so that they never take all slots."""
        ...
