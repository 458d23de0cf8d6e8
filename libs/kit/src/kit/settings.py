"""Settings that all services share. The names of fAIr work beside the names of this platform; an empty value means
unset."""

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
    """Returns the environment variables of a setting; a missing setting is reported under the first."""
    return AliasChoices(*choices)


def _listed(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _stripped(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


Listed = Annotated[list[str], NoDecode, BeforeValidator(_listed)]
"""A comma-separated list."""
Address = Annotated[str, BeforeValidator(_stripped)]
"""An address without trailing slashes."""


class ServiceSettings(BaseSettings):
    """One instance per process, built in `main` and handed down."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    debug: bool = Field(False, validation_alias=names("DEBUG"))
    """For development: allows weak secrets and plain HTTP, writes mails to the log."""
    nats_url: SecretStr = Field(SecretStr("nats://127.0.0.1:4222"), validation_alias=names("NATS__URL", "NATS_URL"))
    """The message bus, with user and password of the service where the server has users (`deploy/nats/users.conf`)."""
    stream_replicas: int = Field(1, ge=1, le=5, validation_alias=names("NATS_STREAM_REPLICAS"))
    """Copies of each stream in a NATS cluster; `provision` applies it."""
    stream_bytes: int | None = Field(None, ge=256 * 1024 * 1024, validation_alias=names("NATS_STREAM_BYTES"))
    """Bytes that all streams may take together on the message bus; unset means 7.4 GiB. With less each is smaller by
    the same share. Give it to every service: `provision` applies it, the others compare."""
    database_url: SecretStr = Field(validation_alias=names("DATABASE_URL", "DATABASE__URL"))
    """The service's own database."""
    database_ssl: SslMode | None = Field(None, validation_alias=names("DATABASE_SSL_MODE"))
    """`sslmode` of the connection where DATABASE_URL names none; unset means `prefer`: TLS where the server has it."""
    pool_min: int = Field(2, validation_alias=names("DB_POOL_MIN_SIZE"))
    """Connections of one process that are kept open."""
    pool_max: int = Field(16, validation_alias=names("DB_POOL_MAX_SIZE"))
    """Maximum connections of one process; longer transactions may open as many more."""
    pool_timeout: float = Field(2.0, gt=0, validation_alias=names("DB_POOL_TIMEOUT"))
    """Seconds to wait for a free connection before the answer is 503."""
    http_host: str = Field("127.0.0.1", validation_alias=names("HTTP__HOST"))
    """Address that the internal listener binds to."""
    http_port: int = Field(0, validation_alias=names("HTTP__PORT"))
    """Internal listener: /livez, /readyz, /metrics. 0 switches it off."""
    http_fd: int | None = Field(None, validation_alias=names("HTTP__FD"))
    """That listener as an inherited socket, shared by the worker processes of one service."""
    without_workers: bool = Field(False, validation_alias=names("ANSWER_WITHOUT_WORKERS"))
    """The process that serves also answers what it otherwise passes on to workers. It then needs their image, and their
    memory."""
    log_level: str = Field("INFO", validation_alias=names("LOG_LEVEL"))
    """Lowest level of log lines that are written."""
    otlp_endpoint: str | None = Field(None, validation_alias=names("OTEL_EXPORTER_OTLP_ENDPOINT"))
    """Address of an OTLP/HTTP receiver of traces; without it no traces are sent."""
    sentry: bool = Field(False, validation_alias=names("ENABLE_SENTRY"))
    """Sends logged errors to SENTRY_DSN."""
    sentry_dsn: SecretStr | None = Field(None, validation_alias=names("SENTRY_DSN"))
    """DSN of Sentry."""
    page_size: int = Field(50, validation_alias=names("DEFAULT_PAGINATION_SIZE"))
    """Rows of a page when the client gives no limit."""

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
    """Any object store with the S3 protocol. Without a bucket the service starts; the first use of the store raises
    Misconfigured."""

    model_config = ServiceSettings.model_config

    bucket: str | None = Field(None, validation_alias=names("BUCKET_NAME"))
    """Bucket of all files."""
    folder: str = Field(default_factory=lambda: load(_Folder).folder, validation_alias=names("PARENT_BUCKET_FOLDER"))
    """Prefix of every key: `dev` when unset, none when set to the empty string."""
    region: str = Field("us-east-1", validation_alias=names("AWS_REGION"))
    """Region of the bucket."""
    access_key: str | None = Field(None, validation_alias=names("AWS_ACCESS_KEY_ID"))
    """S3 access key id; without it the role of the machine is used."""
    secret_key: SecretStr | None = Field(None, validation_alias=names("AWS_SECRET_ACCESS_KEY"))
    """S3 secret access key."""
    endpoint: str | None = Field(None, validation_alias=names("AWS_ENDPOINT_URL"))
    """Address of an object store other than Amazon S3."""
    presigned_expiry: int = Field(900, validation_alias=names("PRESIGNED_URL_EXPIRY"))
    """Seconds for which a presigned URL of a file works."""


class AllowServices(BaseSettings):
    """Addresses that `kit.http.outbound` may call besides public https addresses. There is one list for each purpose,
    because an address of one purpose must not be open to the users of another."""

    model_config = ServiceSettings.model_config

    allow_services: str = Field("", validation_alias=names("OUTBOUND_ALLOW_SERVICES", "OUTBOUND_ALLOW"))
    """Comma-separated `host:port` that may be private, plain http and on any port: servers that other settings name
    (Raw Data API, login portal, OpenStreetMap, Mapswipe). No address that a user gives is compared with it."""


class AllowImagery(BaseSettings):
    """The list for imagery."""

    model_config = ServiceSettings.model_config

    allow_imagery: str = Field("", validation_alias=names("OUTBOUND_ALLOW_IMAGERY"))
    """As OUTBOUND_ALLOW_SERVICES, for imagery and cover pictures, which users name: every user can ask these servers
    for tiles."""


class AllowModels(BaseSettings):
    """The list for models."""

    model_config = ServiceSettings.model_config

    allow_models: str = Field("", validation_alias=names("OUTBOUND_ALLOW_MODELS"))
    """As OUTBOUND_ALLOW_SERVICES, for what administrators name when they register base models: STAC items and
    weights."""


class AllowWebhooks(BaseSettings):
    """The list for webhooks."""

    model_config = ServiceSettings.model_config

    allow_webhooks: str = Field("", validation_alias=names("OUTBOUND_ALLOW_WEBHOOKS"))
    """As OUTBOUND_ALLOW_SERVICES, for webhooks, which users name. For tests: every user can call a server in this
    list."""


S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """Returns the settings of class `kind` from the environment. Exits with one sentence that names the missing or weak
    setting."""
    try:
        return kind()
    except ValidationError as error:
        sys.exit(f"{kind.__module__.split('.')[0]}: {_sentence(error)}")


def _sentence(error: ValidationError) -> str:
    problem = error.errors()[0]
    name = str(problem["loc"][0]) if problem["loc"] else ""
    said = "is required and not set" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
    return f"{name} {said}".strip()
