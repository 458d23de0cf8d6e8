"""The bucket on any S3, and the client that the stack and its tests use."""

from typing import Any

from stack.home import Env

BUCKET = "fairway"
REGION = "us-east-1"
CORS = {
    "CORSRules": [
        {
            "AllowedOrigins": ["*"],
            "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag", "Content-Range", "Content-Length", "Accept-Ranges"],
            "MaxAgeSeconds": 3600,
        }
    ]
}


def ensure(env: Env) -> None:
    """Creates the bucket where it is missing, and lets browsers read and write it by presigned addresses."""
    s3 = client(env)
    if not any(bucket["Name"] == env["BUCKET_NAME"] for bucket in s3.list_buckets()["Buckets"]):
        s3.create_bucket(Bucket=env["BUCKET_NAME"])
    _ensure_cors(s3, env["BUCKET_NAME"])


def client(env: Env) -> Any:
    """A boto3 client for the store of `env`."""
    import boto3  # slow to import: not before it is needed
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"total_max_attempts": 5}),
    )


def _ensure_cors(s3: Any, bucket: str) -> None:
    """Written only when missing: other S3s may hold rules of their owner's."""
    try:
        s3.get_bucket_cors(Bucket=bucket)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchCORSConfiguration":
            raise
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=CORS)
