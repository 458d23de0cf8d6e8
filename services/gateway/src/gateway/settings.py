"""What the gateway reads from its environment; names are those of fAIr where fAIr has one."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from gateway.limits.rates import Rate
from kit.outbound import OutboundSettings
from kit.settings import ServiceSettings, StorageSettings, names


def _listed(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _stripped(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


Listed = Annotated[list[str], NoDecode, BeforeValidator(_listed)]
Address = Annotated[str, BeforeValidator(_stripped)]
RateText = Annotated[Rate, NoDecode, BeforeValidator(lambda v: Rate.parse(v) if isinstance(v, str) else v)]
_WEAK = re.compile("dev|unsafe")


class DoorSettings(ServiceSettings):
    """The public listener and what browsers are told."""

    public_host: str = Field("127.0.0.1", validation_alias=names("PUBLIC__HOST"))
    public_port: int = Field(8000, validation_alias=names("PUBLIC__PORT"))
    public_fd: int | None = Field(None, validation_alias=names("PUBLIC__FD"))
    """The public listener as an inherited socket; set by the supervisor of several workers."""
    workers: int = Field(1, ge=1, validation_alias=names("GATEWAY_WORKERS"))
    trusted_proxies: str = Field("", validation_alias=names("TRUSTED_PROXIES"))
    """Comma list of proxies whose `X-Forwarded-*` headers count; `*` for all."""
    max_body: int = Field(1 << 20, validation_alias=names("MAX_BODY_BYTES"))
    deadline: float = Field(15.0, validation_alias=names("REQUEST_DEADLINE"))
    allowed_hosts: Listed = Field([], validation_alias=names("ALLOWED_HOSTS"))
    cors_origins: Listed = Field([], validation_alias=names("CORS_ALLOWED_ORIGINS"))
    csrf_origins: Listed = Field([], validation_alias=names("CSRF_TRUSTED_ORIGINS"))
    cors_all: bool = Field(False, validation_alias=names("CORS_ALLOW_ALL_ORIGINS"))
    ssl_redirect: bool = Field(True, validation_alias=names("SECURE_SSL_REDIRECT"))
    frontend_url: Address = Field(validation_alias=names("FRONTEND_URL"))
    api_base_url: Address = Field(validation_alias=names("API_BASE_URL"))
    """Public address of this API, `/api/v1` included."""

    @property
    def api_path(self) -> str:
        """`/api/v1`, or where a proxy put it."""
        return urlsplit(self.api_base_url).path

    @property
    def any_origin(self) -> bool:
        return self.debug or self.cors_all

    @property
    def origins(self) -> list[str]:
        """Origins that browsers may call from with credentials."""
        return [*self.cors_origins, self.frontend_url]


class AuthSettings(ServiceSettings):
    signing_key: SecretStr = Field(validation_alias=names("SECRET_KEY"))
    auth_provider: Literal["hanko", "dev"] = Field("hanko", validation_alias=names("AUTH_PROVIDER"))
    dev_token: SecretStr | None = Field(None, validation_alias=names("FAIR_DEV_TOKEN"))
    hanko_url: Address | None = Field(None, validation_alias=names("HANKO_API_URL"))
    cookie_secret: SecretStr | None = Field(None, validation_alias=names("COOKIE_SECRET"))
    jwt_audience: str | None = Field(None, validation_alias=names("JWT_AUDIENCE"))
    jwt_issuer: str | None = Field(None, validation_alias=names("JWT_ISSUER"))

    @model_validator(mode="after")
    def _strong(self) -> "AuthSettings":
        secret = self.signing_key.get_secret_value()
        if not self.debug and (len(secret) < 32 or _WEAK.search(secret)):
            raise ValueError("SECRET_KEY needs 32 characters and neither `dev` nor `unsafe` in it unless DEBUG=true")
        return self

    @model_validator(mode="after")
    def _provider(self) -> "AuthSettings":
        if self.auth_provider == "dev" and not self.dev_token:
            raise ValueError("FAIR_DEV_TOKEN is required with AUTH_PROVIDER=dev")
        if self.auth_provider == "hanko" and not (self.hanko_url and self.cookie_secret):
            raise ValueError("HANKO_API_URL and COOKIE_SECRET are required with AUTH_PROVIDER=hanko")
        return self


class LimitSettings(ServiceSettings):
    """`<count>/<period>`, period s, m, h or d."""

    user_rate: RateText = Field(Rate(1000, 3600), validation_alias=names("USER_RATE_LIMIT"))
    anon_rate: RateText = Field(Rate(100, 3600), validation_alias=names("ANON_RATE_LIMIT"))
    training_rate: RateText = Field(Rate(10, 3600), validation_alias=names("TRAINING_RATE_LIMIT"))
    prediction_rate: RateText = Field(Rate(50, 3600), validation_alias=names("PREDICTION_RATE_LIMIT"))


class ProbeSettings(ServiceSettings):
    """Neighbours that `/health/` looks at; each is left out when unset."""

    probe_timeout: float = Field(2.0, validation_alias=names("HEALTH_PROBE_TIMEOUT"))
    stac_url: Address | None = Field(None, validation_alias=names("FAIR_STAC_API_URL"))
    zenml_url: Address | None = Field(None, validation_alias=names("FAIR_ZENML_STORE_URL"))
    mapswipe: bool = Field(False, validation_alias=names("ENABLE_MAPSWIPE"))
    mapswipe_url: Address | None = Field(None, validation_alias=names("MAPSWIPE_BACKEND_URL"))


class Settings(DoorSettings, AuthSettings, LimitSettings, ProbeSettings, OutboundSettings, StorageSettings):
    """All of it; one instance per process."""
