"""Object storage behind one small interface. boto3 carries files: it runs in threads of its own and is loaded on first
use. Reads for the API use `store_reads`, and signing needs no network (`store_access`)."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from contextvars import copy_context
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO, TypeVar

from contracts.shared import Actor
from kit.errors import NotFound, Unavailable
from kit.process.bulkhead import Bulkhead
from kit.settings import StorageSettings
from kit.storage.copying import copied
from kit.storage.port import LinkedStore, Listing
from kit.storage.store_access import StoreAccess
from kit.storage.store_reads import StoreReads, refusal

T = TypeVar("T")
PIECE = 1 << 20
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]")
"""Characters of keys that a list of keys cannot hold; users name keys."""
ANONYMOUS_READS = 2
"""Reads at a time for callers who are not logged in; as many may wait."""
THREADS = 8
"""Threads of boto3; a silent store blocks these and no others."""


class Storage(LinkedStore):
    """Keys are relative to `PARENT_BUCKET_FOLDER`; `uri` and `key_of` translate to and from `s3://bucket/folder/key`.

    Every method that calls the store raises Unavailable while it does not answer or is busy, Misconfigured when it
    refuses the call, and NotFound for an object that does not exist.
    """

    def __init__(self, settings: StorageSettings) -> None:
        self.settings = settings
        self.prefix = f"{settings.folder.strip('/')}/" if settings.folder.strip("/") else ""
        self.access, self._reads = StoreAccess(settings), StoreReads(self._signed)
        self._threads = ThreadPoolExecutor(THREADS, "storage")
        self._anonymous = Bulkhead("The object store", ANONYMOUS_READS, ANONYMOUS_READS)

    async def start(self) -> None:
        """Looks up credentials and keeps them fresh."""
        await self.access.start()

    async def stop(self) -> None:
        """Closes connections and threads without waiting for running calls."""
        await self.access.stop()
        await self._reads.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def bucket(self) -> str:
        """Name of the bucket; empty for a deployment without one."""
        return self.settings.bucket or ""

    @property
    def presigned_expiry(self) -> int:
        """Seconds for which an address works (`PRESIGNED_URL_EXPIRY`)."""
        return self.settings.presigned_expiry

    @property
    def is_open(self) -> bool:
        """Whether this process has a boto3 client. The first call that needs one makes it, and takes 20 MB for good."""
        return "client" in vars(self.access)

    @property
    def client(self) -> Any:
        """The boto3 client. Raises Misconfigured without a bucket."""
        return self.access.client

    def uri(self, key: str) -> str:
        """Returns the `s3://` address of a key."""
        return f"s3://{self.settings.bucket}/{self.prefix}{key}"

    def key_of(self, uri: str) -> str:
        """Returns the key of an `s3://` address. Raises NotFound for an address outside the bucket and folder."""
        start = f"s3://{self.settings.bucket}/{self.prefix}"
        if not uri.startswith(start) or ".." in uri:
            raise NotFound("not_our_object", uri)
        return uri[len(start) :]

    async def put(self, key: str, body: bytes | BinaryIO, content_type: str = "application/octet-stream") -> None:
        """Stores `body` under `key`."""
        await self._call("put_object", Key=self.prefix + key, Body=body, ContentType=content_type)

    async def get(self, key: str) -> bytes:
        """Returns the content of an object."""
        return await self.get_from(self.uri(key))

    async def get_from(self, uri: str) -> bytes:
        """Returns the content of an object at any `s3://` address that the credentials reach."""
        place = _bucket_and_key(uri)
        return await self._asked(lambda: self.client.get_object(**place)["Body"].read(), place["Key"])

    async def size_from(self, uri: str) -> int:
        """Returns the bytes of an object at any `s3://` address that the credentials reach."""
        place = _bucket_and_key(uri)
        return await self._asked(lambda: self.client.head_object(**place)["ContentLength"], place["Key"])

    async def read_through(self, key: str, consume: Callable[[Iterator[bytes]], T]) -> T:
        """Calls `consume` in a thread with the content of an object in pieces of at most 1 MiB, and returns its
        result."""
        place = _bucket_and_key(self.uri(key))
        return await self._asked(
            lambda: consume(self.client.get_object(**place)["Body"].iter_chunks(PIECE)), place["Key"]
        )

    async def download(self, key: str, path: str) -> None:
        """Writes an object to the local file `path`."""
        await self.download_from(self.uri(key), path)

    async def download_from(self, uri: str, path: str) -> None:
        """Writes an object at any `s3://` address that the credentials reach to the local file `path`."""
        place = _bucket_and_key(uri)
        await self._asked(lambda: self.client.download_file(**place, Filename=path), place["Key"])

    async def upload(self, path: str, key: str, content_type: str = "application/octet-stream") -> None:
        """Stores the local file `path` under `key`."""
        place, extra = _bucket_and_key(self.uri(key)), {"ContentType": content_type}
        await self._asked(lambda: self.client.upload_file(path, **place, ExtraArgs=extra), place["Key"])

    async def copy(self, source_uri: str, key: str, content_type: str | None = None) -> None:
        """Copies an object inside the store, from any `s3://` address that the credentials reach; `content_type`
        defaults to that of the source. What is larger than `LARGEST_COPY` is copied in parts."""
        source, target = _bucket_and_key(source_uri), {"Bucket": self.settings.bucket, "Key": self.prefix + key}
        await self._asked(lambda: copied(self.client, source, target, content_type), source["Key"])

    async def head(self, key: str) -> dict[str, Any] | None:
        """Returns `{"ContentLength", "ETag", "ContentType", "LastModified"}`, or None when there is no such object."""
        try:
            return await self._reads.head(f"/{self.prefix}{key}")
        except NotFound:
            return None

    async def read(self, key: str) -> bytes:
        """As `get`, for objects that fit into a message: without boto3 and its threads."""
        return await self._reads.content(f"/{self.prefix}{key}")

    async def keys(self, prefix: str, before: datetime | None = None) -> list[str]:
        """Returns all keys under a prefix; with `before` only those written earlier."""
        return [entry["Key"] for entry in await self.entries(prefix, before)]

    async def entries(self, prefix: str, before: datetime | None = None) -> list[dict[str, Any]]:
        """As `keys`, with what the store lists of each object: `{"Key", "Size", "LastModified"}`."""
        return await self._asked(lambda: list(self._pages(prefix, before)), prefix)

    def _pages(self, prefix: str, before: datetime | None) -> Iterator[dict[str, Any]]:
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.settings.bucket, Prefix=self.prefix + prefix):
            for entry in page.get("Contents", ()):
                if before is None or entry["LastModified"] < before:
                    yield {**entry, "Key": entry["Key"][len(self.prefix) :]}

    async def level(self, prefix: str, after: str = "", most: int = 1000) -> Listing:
        """Returns one level of the bucket, at most `most` entries, from the token `after` on. Unlike elsewhere,
        `prefix` and the keys are those of the whole bucket."""
        return Listing(*await self._reads.level(prefix, after, most))

    def anonymous_limit(self, actor: Actor) -> AbstractAsyncContextManager[None]:
        """Limits the reads for anonymous actors to `ANONYMOUS_READS`, so that they never take all slots."""
        return self._anonymous.slot() if actor.is_anonymous else nullcontext()

    async def check(self) -> None:
        """Raises NotFound or Unavailable when the bucket is not usable."""
        await self._reads.bucket()

    async def remove(self, keys: Sequence[str]) -> None:
        """Deletes the objects; missing ones are no error."""
        listed = [key for key in keys if not _NOT_XML.search(key)]
        for start in range(0, len(listed), 1000):
            entries = [{"Key": self.prefix + key} for key in listed[start : start + 1000]]
            await self._call("delete_objects", Delete={"Objects": entries, "Quiet": True})
        for key in keys:
            if _NOT_XML.search(key):
                await self._call("delete_object", Key=self.prefix + key)

    def presigned(self, key: str, seconds: int | None = None) -> str:
        """Returns a GET URL that works for `seconds`, by default `PRESIGNED_URL_EXPIRY`. Does not check that the object
        exists."""
        return self._signed(f"/{self.prefix}{key}", seconds=seconds)

    def presigned_post(self, prefix: str, max_bytes: int, seconds: int) -> tuple[str, dict[str, str]]:
        """Returns the address and the form fields with which anybody may upload files of 1 to `max_bytes` bytes under
        `prefix` for `seconds`. The field `key` may be replaced by any key under it."""
        if not self.settings.bucket:
            raise Unavailable("storage_not_configured", "BUCKET_NAME is not set.")
        presigner = self.access.presigner
        return presigner.post(self.settings.bucket, self.prefix + prefix, max_bytes, datetime.now(UTC), seconds)

    def presigned_at(self, full_key: str, method: str = "GET") -> str:
        """Returns a URL for any key of the bucket. The store wants HEAD to be signed separately."""
        return self._signed(f"/{full_key}", method=method)

    def presigned_listing(self, prefix: str) -> str:
        """Returns a URL that lists the keys under a prefix."""
        return self._signed("", {"list-type": "2", "prefix": self.prefix + prefix})

    def _signed(
        self, place: str, query: dict[str, str] | None = None, seconds: int | None = None, method: str = "GET"
    ) -> str:
        if not self.settings.bucket:
            raise Unavailable("storage_not_configured", "BUCKET_NAME is not set.")
        expiry = self.settings.presigned_expiry if seconds is None else seconds
        return self.access.presigner.get(f"/{self.settings.bucket}{place}", datetime.now(UTC), expiry, query, method)

    async def _call(self, verb: str, **params: Any) -> Any:
        call = getattr(self.client, verb)
        return await self._asked(lambda: call(Bucket=self.settings.bucket, **params), params.get("Key", ""))

    async def _asked(self, ask: Callable[[], T], key: str) -> T:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            work = partial(copy_context().run, ask)
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                raise NotFound("object_not_found", key) from error
            raise refusal(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)) from error
        except (BotoCoreError, Boto3Error) as error:
            raise Unavailable("storage_unavailable", "The object store is not reachable.") from error


def _bucket_and_key(uri: str) -> dict[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}
