"""What the gateway reads from its environment; names are those of fAIr where fAIr has one."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from gateway.auth.settings import AuthSettings
from gateway.limits.rates import Rate
from kit.settings import Address, Listed, OutboundSettings, ServiceSettings, StorageSettings, names

RateText = Annotated[Rate, NoDecode, BeforeValidator(lambda v: Rate.parse(v) if isinstance(v, str) else v)]


class DoorSettings(ServiceSettings):
    """The public listener and what browsers are told."""

    public_host: str = Field("127.0.0.1", validation_alias=names("PUBLIC__HOST"))
    """Address that the public listener binds to."""
    public_port: int = Field(8000, validation_alias=names("PUBLIC__PORT"))
    """Port of the public listener."""
    public_fd: int | None = Field(None, validation_alias=names("PUBLIC__FD"))
    """The public listener as an inherited socket; set by the supervisor of several workers."""
    workers: int = Field(1, ge=1, validation_alias=names("GATEWAY_WORKERS"))
    """Processes that share the public listener."""
    trusted_proxies: str = Field("", validation_alias=names("TRUSTED_PROXIES"))
    """Comma list of proxies whose `X-Forwarded-*` headers count; `*` for all."""
    max_body: int = Field(1 << 20, validation_alias=names("MAX_BODY_BYTES"))
    """Larger bodies are refused with 413."""
    deadline: float = Field(15.0, validation_alias=names("REQUEST_DEADLINE"))
    """Seconds until a request that is still unanswered ends with 503."""
    allowed_hosts: Listed = Field([], validation_alias=names("ALLOWED_HOSTS"))
    """Host names that may be asked for; empty or `*` allows all. Not checked with DEBUG."""
    cors_origins: Listed = Field([], validation_alias=names("CORS_ALLOWED_ORIGINS"))
    """Origins of pages that may ask with credentials, beside FRONTEND_URL."""
    csrf_origins: Listed = Field([], validation_alias=names("CSRF_TRUSTED_ORIGINS"))
    """Further origins whose pages may change something with a cookie."""
    cors_all: bool = Field(False, validation_alias=names("CORS_ALLOW_ALL_ORIGINS"))
    """Lets pages of any origin ask with credentials."""
    ssl_redirect: bool = Field(True, validation_alias=names("SECURE_SSL_REDIRECT"))
    """Sends http to https. Not with DEBUG."""
    frontend_url: Address = Field(validation_alias=names("FRONTEND_URL"))
    """The single-page application: links in mails, CORS, the end of onboarding."""
    api_base_url: Address = Field(validation_alias=names("API_BASE_URL"))
    """Public address of this API, `/api/v1` included."""
    serve_frontend: bool = Field(False, validation_alias=names("SERVE_FRONTEND"))
    """Serves the application of FRONTEND_DIST_DIR itself."""
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
    """Requests of one user."""
    anon_rate: RateText = Field(Rate(100, 3600), validation_alias=names("ANON_RATE_LIMIT"))
    """Requests of one address without login."""
    training_rate: RateText = Field(Rate(10, 3600), validation_alias=names("TRAINING_RATE_LIMIT"))
    """Submitted trainings of one user."""
    prediction_rate: RateText = Field(Rate(50, 3600), validation_alias=names("PREDICTION_RATE_LIMIT"))
    """Submitted predictions of one user."""
    webhook_rate: RateText = Field(Rate(30, 3600), validation_alias=names("WEBHOOK_RATE_LIMIT"))
    """Webhooks made, changed or verified by one user: each of it may call the server of a stranger."""


class ProbeSettings(ServiceSettings):
    """Neighbours that `/health/` looks at; each is left out when unset."""

    probe_timeout: float = Field(2.0, validation_alias=names("HEALTH_PROBE_TIMEOUT"))
    """Seconds for each probe of `/health/`."""
    stac_url: Address | None = Field(None, validation_alias=names("FAIR_STAC_API_URL"))
    """The STAC API of the public catalogue."""
    zenml_url: Address | None = Field(None, validation_alias=names("FAIR_ZENML_STORE_URL"))
    """The ZenML server that runs pipelines."""
    mapswipe: bool = Field(False, validation_alias=names("ENABLE_MAPSWIPE"))
    """Offers crowd validation with Mapswipe."""
    mapswipe_url: Address | None = Field(None, validation_alias=names("MAPSWIPE_BACKEND_URL"))
    """Mapswipe's backend."""


class Settings(DoorSettings, AuthSettings, LimitSettings, ProbeSettings, OutboundSettings, StorageSettings):
    """All of it; one instance per process."""
