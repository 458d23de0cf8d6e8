"""Log files in an S3 store."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from pipelines.log_files import LogFile, LogFileGone, LogStoreForbidden, LogStoreUnavailable


class S3Logs:
    """A `LogStore`. `options` are those of `boto3.Session.client`."""

    def __init__(self, **options: Any) -> None:
        self._options = options

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=3,
            read_timeout=5,
            retries={"max_attempts": 2, "mode": "standard"},
            s3={"addressing_style": "path"},
            response_checksum_validation="when_required",
        )
        return boto3.Session().client("s3", config=config, **self._options)

    def files(self, folder: str) -> list[LogFile]:
        bucket, key = _bucket_and_key(folder)
        with _translated():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
            items = [item for page in pages for item in page.get("Contents", ())]
        inside = [item for item in items if item["Key"] == key or item["Key"].startswith(f"{key}/")]
        return [LogFile(f"s3://{bucket}/{item['Key']}", item["Size"]) for item in inside]

    def read(self, uri: str, start: int, end: int) -> bytes:
        bucket, key = _bucket_and_key(uri)
        with _translated():
            answer = self._client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}")
            return answer["Body"].read()


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError as error:
        raise LogStoreForbidden(str(error)) from error
    except BotoCoreError as error:
        raise LogStoreUnavailable(str(error)) from error
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        gone = error.response["Error"]["Code"] == "NoSuchKey"
        kind = LogFileGone if gone else LogStoreUnavailable if status >= 500 else LogStoreForbidden
        raise kind(str(error)) from error


def _bucket_and_key(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.netloc, parts.path.strip("/")
