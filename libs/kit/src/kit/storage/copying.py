"""Copies inside an S3 store."""

from typing import Any

LARGEST_COPY = 5 << 30
"""Bytes of an object that S3 copies in one call."""
PART = 512 << 20
"""Bytes of a part of a larger one; S3 takes up to 10,000 parts."""


def copied(client: Any, source: dict[str, str], target: dict[str, str], content_type: str | None) -> None:
    """Copies an object, in parts if it is large; its content type is that of the source unless another one is given. A
    part copies no headers, hence the look at the source."""
    from boto3.s3.transfer import TransferConfig

    found = client.head_object(**source)
    if found["ContentLength"] <= LARGEST_COPY:
        told = {"MetadataDirective": "REPLACE", "ContentType": content_type} if content_type else {}
        client.copy_object(CopySource=source, **target, **told)
        return
    kept = {"ContentType": content_type or found["ContentType"], "Metadata": found["Metadata"]}
    config = TransferConfig(multipart_threshold=LARGEST_COPY, multipart_chunksize=PART)
    client.copy(source, **target, ExtraArgs={"MetadataDirective": "REPLACE", **kept}, Config=config)
