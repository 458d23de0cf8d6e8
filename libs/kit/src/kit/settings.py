"""Settings every room shares. The fAIr names keep working beside ours; an empty value means unset."""

import sys
from typing import Annotated, TypeVar

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SCHEMES = ("postgres", "postgresql", "postgis")


def names(*choices: str) -> AliasChoices:
    """The first is the one that a missing setting is reported under."""
    return AliasChoices(*choices)


def _listed(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _stripped(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


Listed = Annotated[list[str], NoDecode, BeforeValidator(_listed)]
"""Comma-separated."""
Address = Annotated[str, BeforeValidator(_stripped)]
"""Without slashes at its end."""


class ServiceSettings(BaseSettings):
    """One instance per process, built in `main` and handed down."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    debug: bool = Field(False, validation_alias=names("DEBUG"))
    nats_url: str = Field("nats://127.0.0.1:4222", validation_alias=names("NATS__URL", "NATS_URL"))
    stream_replicas: int = Field(1, ge=1, le=5, validation_alias=names("NATS_STREAM_REPLICAS"))
    """Copies of each stream in a NATS cluster; `provision` applies it."""
    database_url: SecretStr = Field(validation_alias=names("DATABASE_URL", "DATABASE__URL"))
    pool_min: int = Field(2, validation_alias=names("DB_POOL_MIN_SIZE"))
    pool_max: int = Field(16, validation_alias=names("DB_POOL_MAX_SIZE"))
    http_host: str = Field("127.0.0.1", validation_alias=names("HTTP__HOST"))
    http_port: int = Field(0, validation_alias=names("HTTP__PORT"))
    """Internal listener: /livez, /readyz, /metrics. 0 switches it off."""
    http_fd: int | None = Field(None, validation_alias=names("HTTP__FD"))
    """That listener as an inherited socket, shared by the worker processes of one service."""
    log_level: str = Field("INFO", validation_alias=names("LOG_LEVEL"))
    otlp_endpoint: str | None = Field(None, validation_alias=names("OTEL_EXPORTER_OTLP_ENDPOINT"))
    page_size: int = Field(50, validation_alias=names("DEFAULT_PAGINATION_SIZE"))

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().split("://", 1)[0] not in SCHEMES:
            raise ValueError(f"must start with one of {', '.join(f'{s}://' for s in SCHEMES)}")
        return value


class StorageSettings(BaseSettings):
    """Any S3. Without a bucket the service starts and says so on first use."""

    model_config = ServiceSettings.model_config

    bucket: str | None = Field(None, validation_alias=names("BUCKET_NAME"))
    folder: str = Field("dev", validation_alias=names("PARENT_BUCKET_FOLDER"))
    region: str = Field("us-east-1", validation_alias=names("AWS_REGION"))
    access_key: str | None = Field(None, validation_alias=names("AWS_ACCESS_KEY_ID"))
    secret_key: SecretStr | None = Field(None, validation_alias=names("AWS_SECRET_ACCESS_KEY"))
    endpoint: str | None = Field(None, validation_alias=names("AWS_ENDPOINT_URL"))
    presigned_expiry: int = Field(900, validation_alias=names("PRESIGNED_URL_EXPIRY"))


S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """The settings, or the end of the process with one sentence that names what is missing or weak."""
    try:
        return kind()
    except ValidationError as error:
        sys.exit(f"{kind.__module__.split('.')[0]}: {_sentence(error)}")


def _sentence(error: ValidationError) -> str:
    problem = error.errors()[0]
    name = str(problem["loc"][0]) if problem["loc"] else ""
    said = "is required and not set" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
    return f"{name} {said}".strip()
