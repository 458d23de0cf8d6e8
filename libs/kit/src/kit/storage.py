"""Object storage behind one small surface; boto3 runs in threads and is loaded on first use."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, BinaryIO, TypeVar

from kit.errors import NotFound, Unavailable
from kit.settings import StorageSettings
from kit.signing import Signer

T = TypeVar("T")


@dataclass(frozen=True)
class Level:
    """What lies between one slash and the next. `files` as the store lists them: `{"Key", "Size", "LastModified", …}`;
    `next` continues after them."""

    folders: list[str]
    files: list[dict[str, Any]]
    next: str | None


class Storage:
    """Keys are relative to `PARENT_BUCKET_FOLDER`; `uri` and `key_of` translate to and from `s3://bucket/folder/key`.

    Everything that asks the store raises Unavailable while it does not answer or does not want to, and NotFound for an
    object that is not there."""

    def __init__(self, settings: StorageSettings) -> None:
        self.settings = settings
        self.prefix = f"{settings.folder.strip('/')}/" if settings.folder.strip("/") else ""

    @cached_property
    def client(self) -> Any:
        """Unavailable when no bucket is configured."""
        if not self.settings.bucket:
            raise Unavailable("storage_not_configured", "BUCKET_NAME is not set.")
        from botocore.config import Config

        retries = {"max_attempts": 4, "mode": "standard"}
        return self._session.client(
            "s3", endpoint_url=self.settings.endpoint, region_name=self.settings.region,
            config=Config(
                connect_timeout=3, read_timeout=30, retries=retries, signature_version="s3v4",
                max_pool_connections=32, s3={"addressing_style": "path"},
                request_checksum_calculation="when_required", response_checksum_validation="when_required",
            ),
        )  # fmt: skip

    @cached_property
    def _session(self) -> Any:
        import boto3

        secret = self.settings.secret_key.get_secret_value() if self.settings.secret_key else None
        return boto3.Session(aws_access_key_id=self.settings.access_key, aws_secret_access_key=secret)

    def uri(self, key: str) -> str:
        return f"s3://{self.settings.bucket}/{self.prefix}{key}"

    def key_of(self, uri: str) -> str:
        """NotFound for an address outside our bucket and folder."""
        start = f"s3://{self.settings.bucket}/{self.prefix}"
        if not uri.startswith(start) or ".." in uri:
            raise NotFound("not_our_object", uri)
        return uri[len(start) :]

    async def put(self, key: str, body: bytes | BinaryIO, content_type: str = "application/octet-stream") -> None:
        await self._call("put_object", Key=self.prefix + key, Body=body, ContentType=content_type)

    async def get(self, key: str) -> bytes:
        return await self.get_from(self.uri(key))

    async def get_from(self, uri: str) -> bytes:
        """From anywhere the credentials reach, as `download_from`."""
        place = _place(uri)
        return await self._asked(lambda: self.client.get_object(**place)["Body"].read(), place["Key"])

    async def download(self, key: str, path: str) -> None:
        await self.download_from(self.uri(key), path)

    async def download_from(self, uri: str, path: str) -> None:
        place = _place(uri)
        await self._asked(lambda: self.client.download_file(**place, Filename=path), place["Key"])

    async def upload(self, path: str, key: str, content_type: str = "application/octet-stream") -> None:
        place, extra = _place(self.uri(key)), {"ContentType": content_type}
        await self._asked(lambda: self.client.upload_file(path, **place, ExtraArgs=extra), place["Key"])

    async def copy(self, source_uri: str, key: str) -> None:
        """Server-side, from anywhere the credentials reach."""
        await self._call("copy_object", Key=self.prefix + key, CopySource=_place(source_uri))

    async def head(self, key: str) -> dict[str, Any] | None:
        """`{"ContentLength", "ETag", …}`, None when there is no such object."""
        try:
            return await self._call("head_object", Key=self.prefix + key)
        except NotFound:
            return None

    async def keys(self, prefix: str) -> list[str]:
        """All keys under a prefix, however many."""
        return await self._asked(lambda: list(self._pages(prefix)), prefix)

    def _pages(self, prefix: str) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.settings.bucket, Prefix=self.prefix + prefix):
            for entry in page.get("Contents", ()):
                yield entry["Key"][len(self.prefix) :]

    async def level(self, prefix: str, after: str = "", most: int = 1000) -> Level:
        """One level of the bucket. Unlike elsewhere `prefix` and the keys are those of the whole bucket."""
        place = {"Prefix": prefix, "Delimiter": "/", "MaxKeys": most, **({"ContinuationToken": after} if after else {})}
        page = await self._call("list_objects_v2", **place)
        folders = [entry["Prefix"] for entry in page.get("CommonPrefixes", ())]
        return Level(folders, page.get("Contents", []), page.get("NextContinuationToken"))

    async def remove(self, keys: Sequence[str]) -> None:
        """Absent ones are fine."""
        for start in range(0, len(keys), 1000):
            entries = [{"Key": self.prefix + key} for key in keys[start : start + 1000]]
            await self._call("delete_objects", Delete={"Objects": entries, "Quiet": True})

    def presigned(self, key: str, seconds: int | None = None) -> str:
        """A GET that works for `PRESIGNED_URL_EXPIRY` or that many seconds; existence is not checked."""
        return self._signed(f"/{self.prefix}{key}", seconds=seconds)

    def presigned_at(self, full_key: str) -> str:
        """The same for any key of the bucket."""
        return self._signed(f"/{full_key}")

    def presigned_listing(self, prefix: str) -> str:
        """The keys under a prefix, as the store lists them."""
        return self._signed("", {"list-type": "2", "prefix": self.prefix + prefix})

    def _signed(self, place: str, query: dict[str, str] | None = None, seconds: int | None = None) -> str:
        known = self._session.get_credentials().get_frozen_credentials()
        endpoint = self.client.meta.endpoint_url.rstrip("/")
        signer = Signer(endpoint, self.settings.region, known.access_key, known.secret_key, known.token)
        expiry = self.settings.presigned_expiry if seconds is None else seconds
        return signer.get(f"/{self.settings.bucket}{place}", datetime.now(UTC), expiry, query)

    async def _call(self, verb: str, **params: Any) -> Any:
        call = getattr(self.client, verb)
        return await self._asked(lambda: call(Bucket=self.settings.bucket, **params), params.get("Key", ""))

    async def _asked(self, ask: Callable[[], T], key: str) -> T:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return await asyncio.to_thread(ask)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                raise NotFound("object_not_found", key) from error
            raise Unavailable("storage_error", "The object store refused the request.") from error
        except (BotoCoreError, Boto3Error) as error:
            raise Unavailable("storage_unavailable", "The object store is not reachable.") from error


def _place(uri: str) -> dict[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}
