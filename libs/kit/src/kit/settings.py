"""Settings every room shares. The fAIr names keep working beside ours; an empty value means unset."""

import sys
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
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
    """For development: weak secrets pass, no https is wanted, mail goes to the log."""
    nats_url: SecretStr = Field(SecretStr("nats://127.0.0.1:4222"), validation_alias=names("NATS__URL", "NATS_URL"))
    """The message bus, with user and password of the service where the server has users (`deploy/nats/users.conf`)."""
    stream_replicas: int = Field(1, ge=1, le=5, validation_alias=names("NATS_STREAM_REPLICAS"))
    """Copies of each stream in a NATS cluster; `provision` applies it."""
    database_url: SecretStr = Field(validation_alias=names("DATABASE_URL", "DATABASE__URL"))
    """The service's own database."""
    database_ssl: SslMode | None = Field(None, validation_alias=names("DATABASE_SSL_MODE"))
    """`sslmode` of the connection where DATABASE_URL names none; unset means `prefer`: TLS where the server has it."""
    pool_min: int = Field(2, validation_alias=names("DB_POOL_MIN_SIZE"))
    """Connections that are held open."""
    pool_max: int = Field(16, validation_alias=names("DB_POOL_MAX_SIZE"))
    """Most connections of one process; as many again may be opened by longer transactions."""
    pool_timeout: float = Field(2.0, gt=0, validation_alias=names("DB_POOL_TIMEOUT"))
    """Seconds to wait for a free connection before the answer is 503."""
    http_host: str = Field("127.0.0.1", validation_alias=names("HTTP__HOST"))
    """Address that the internal listener binds to."""
    http_port: int = Field(0, validation_alias=names("HTTP__PORT"))
    """Internal listener: /livez, /readyz, /metrics. 0 switches it off."""
    http_fd: int | None = Field(None, validation_alias=names("HTTP__FD"))
    """That listener as an inherited socket, shared by the worker processes of one service."""
    log_level: str = Field("INFO", validation_alias=names("LOG_LEVEL"))
    """Least level of log lines."""
    otlp_endpoint: str | None = Field(None, validation_alias=names("OTEL_EXPORTER_OTLP_ENDPOINT"))
    """Where traces go, by OTLP over HTTP; unset means nowhere."""
    sentry: bool = Field(False, validation_alias=names("ENABLE_SENTRY"))
    """Sends logged errors to SENTRY_DSN."""
    sentry_dsn: SecretStr | None = Field(None, validation_alias=names("SENTRY_DSN"))
    """Where errors go."""
    page_size: int = Field(50, validation_alias=names("DEFAULT_PAGINATION_SIZE"))
    """Rows of a page when the client names no limit."""

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().split("://", 1)[0] not in SCHEMES:
            raise ValueError(f"must start with one of {', '.join(f'{s}://' for s in SCHEMES)}")
        return value

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        url = self.database_url.get_secret_value()
        if self.database_ssl and "sslmode=" not in url:
            self.database_url = SecretStr(f"{url}{'&' if '?' in url else '?'}sslmode={self.database_ssl}")
        return self

    @model_validator(mode="after")
    def _reported(self) -> Self:
        if self.sentry and not self.sentry_dsn:
            raise ValueError("SENTRY_DSN is required with ENABLE_SENTRY=true")
        return self


class _Folder(BaseSettings):
    """The one setting whose empty value says something: no folder at all."""

    model_config = {**ServiceSettings.model_config, "env_ignore_empty": False}

    folder: str = Field("dev", validation_alias=names("PARENT_BUCKET_FOLDER"))


class StorageSettings(BaseSettings):
    """Any S3. Without a bucket the service starts and says so on first use."""

    model_config = ServiceSettings.model_config

    bucket: str | None = Field(None, validation_alias=names("BUCKET_NAME"))
    """The bucket of all files."""
    folder: str = Field(default_factory=lambda: load(_Folder).folder, validation_alias=names("PARENT_BUCKET_FOLDER"))
    """In front of every key: `dev` when it is not set, nothing when it is set to nothing."""
    region: str = Field("us-east-1", validation_alias=names("AWS_REGION"))
    """Region of the bucket."""
    access_key: str | None = Field(None, validation_alias=names("AWS_ACCESS_KEY_ID"))
    """Key of the object store; unset leaves it to the machine's role."""
    secret_key: SecretStr | None = Field(None, validation_alias=names("AWS_SECRET_ACCESS_KEY"))
    """Its secret."""
    endpoint: str | None = Field(None, validation_alias=names("AWS_ENDPOINT_URL"))
    """An object store that is not Amazon's."""
    presigned_expiry: int = Field(900, validation_alias=names("PRESIGNED_URL_EXPIRY"))
    """Seconds that a signed address of a file works."""


class OutboundSettings(BaseSettings):
    """What `kit.outbound` may do; here, because that imports an HTTP client."""

    model_config = ServiceSettings.model_config

    outbound_allow: str = Field("", validation_alias=names("OUTBOUND_ALLOW"))
    """Comma list of `host:port` that may be private, plain http and on any port: the sandbox, servers of one's own."""


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
