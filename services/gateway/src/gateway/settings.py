"""What the gateway reads from its environment; names are those of fAIr where fAIr has one."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from gateway.auth.settings import AuthSettings
from gateway.limits.rates import Rate
from kit.outbound import OutboundSettings
from kit.settings import Address, Listed, ServiceSettings, StorageSettings, names

RateText = Annotated[Rate, NoDecode, BeforeValidator(lambda v: Rate.parse(v) if isinstance(v, str) else v)]


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
    serve_frontend: bool = Field(False, validation_alias=names("SERVE_FRONTEND"))
    frontend_folder: Path | None = Field(None, validation_alias=names("FRONTEND_DIST_DIR"))
    """The built single-page application; its `index.html` answers every path outside `/api` that is no file."""

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
