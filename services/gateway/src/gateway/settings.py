"""Settings of the gateway; names are those of fAIr where fAIr has one."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from contracts.notify.samples import DEFAULT_BACKEND, MAX_BACKEND
from gateway.http.limits.rates import Rate
from gateway.identity.settings import AuthSettings
from kit.settings import (
    Address,
    AllowModels,
    AllowServices,
    AllowWebhooks,
    Listed,
    ServiceSettings,
    StorageSettings,
    names,
)

RateText = Annotated[Rate, NoDecode, BeforeValidator(lambda v: Rate.parse(v) if isinstance(v, str) else v)]


class HttpSettings(ServiceSettings):
    """The public listener, CORS and the frontend."""

    public_host: str = Field("127.0.0.1", validation_alias=names("PUBLIC__HOST"))
    """Address that the public listener binds to."""
    public_port: int = Field(8000, validation_alias=names("PUBLIC__PORT"))
    """Port of the public listener."""
    public_fd: int | None = Field(None, validation_alias=names("PUBLIC__FD"))
    """The public listener as an inherited socket; set by the supervisor of several workers."""
    workers: int = Field(1, ge=1, validation_alias=names("GATEWAY_WORKERS"))
    """Processes that share the public listener."""
    trusted_proxies: str = Field("", validation_alias=names("TRUSTED_PROXIES"))
    """Comma list of proxies whose `X-Forwarded-*` headers are trusted; `*` for all."""
    max_body: int = Field(1 << 20, validation_alias=names("MAX_BODY_BYTES"))
    """Largest body in bytes, refused with 413 above it; 64 KiB for bodies without geometry or STAC item."""
    max_label_upload: int = Field(80_000_000, validation_alias=names("MAX_LABEL_UPLOAD_BYTES"))
    """Largest file of labels in bytes, refused with 413 above it."""
    deadline: float = Field(15.0, validation_alias=names("REQUEST_DEADLINE"))
    """Seconds until an unanswered request ends with 503."""
    allowed_hosts: Listed = Field([], validation_alias=names("ALLOWED_HOSTS"))
    """Accepted host names; empty or `*` accepts all. Not checked with DEBUG."""
    cors_origins: Listed = Field([], validation_alias=names("CORS_ALLOWED_ORIGINS"))
    """Origins of pages that may send credentials, in addition to FRONTEND_URL."""
    csrf_origins: Listed = Field([], validation_alias=names("CSRF_TRUSTED_ORIGINS"))
    """Further origins whose pages may send unsafe requests with a cookie."""
    cors_all: bool = Field(False, validation_alias=names("CORS_ALLOW_ALL_ORIGINS"))
    """Lets pages of any origin send credentials."""
    ssl_redirect: bool = Field(True, validation_alias=names("SECURE_SSL_REDIRECT"))
    """Redirects http to https. Not with DEBUG."""
    frontend_url: Address = Field(validation_alias=names("FRONTEND_URL"))
    """Address of the single-page application: links in e-mails, CORS, the end of onboarding."""
    api_base_url: Address = Field(validation_alias=names("API_BASE_URL"))
    """Public address of this API, `/api/v1` included."""
    serve_frontend: bool = Field(False, validation_alias=names("SERVE_FRONTEND"))
    """Serves the application of FRONTEND_DIST_DIR."""
    frontend_folder: Path | None = Field(None, validation_alias=names("FRONTEND_DIST_DIR"))
    """The built single-page application; its `index.html` is the response to every path outside `/api` that is no file.
    """
    console_folder: Path | None = Field(None, validation_alias=names("CONSOLE_DIST_DIR"))
    """The built web console, which is served at `/console/`."""

    @property
    def api_path(self) -> str:
        """`/api/v1`, or the path that a proxy maps to it."""
        return urlsplit(self.api_base_url).path

    @property
    def any_origin(self) -> bool:
        return self.debug or self.cors_all

    @property
    def origins(self) -> list[str]:
        """Origins of pages that may send credentials."""
        return [*self.cors_origins, self.frontend_url]


class LimitSettings(ServiceSettings):
    """`<count>/<period>`, period s, m, h or d."""

    user_rate: RateText = Field(Rate(1000, 3600), validation_alias=names("USER_RATE_LIMIT"))
    """Requests of one user."""
    anon_rate: RateText = Field(Rate(100, 3600), validation_alias=names("ANON_RATE_LIMIT"))
    """Requests of one network address without a login."""
    training_rate: RateText = Field(Rate(10, 3600), validation_alias=names("TRAINING_RATE_LIMIT"))
    """Trainings that one user submits."""
    prediction_rate: RateText = Field(Rate(50, 3600), validation_alias=names("PREDICTION_RATE_LIMIT"))
    """Predictions that one user submits."""
    result_rate: RateText = Field(Rate(6000, 3600), validation_alias=names("RESULT_RATE_LIMIT"))
    """Requests of one network address for files of results: a map requests many ranges of one file."""
    webhook_rate: RateText = Field(Rate(30, 3600), validation_alias=names("WEBHOOK_RATE_LIMIT"))
    """Webhooks that one user creates, changes or verifies: each may call a server of somebody else."""

    packages_rate: RateText = Field(Rate(36_000, 3600), validation_alias=names("PACKAGES_RATE_LIMIT"))
    """Reads of the API of packages, polling of jobs among them, of one user or network address; as many of files."""
    image_rate: RateText = Field(Rate(100_000, 3600), validation_alias=names("IMAGE_RATE_LIMIT"))
    """Images that one user of the label store downloads."""
    labelling_rate: RateText = Field(Rate(60_000, 3600), validation_alias=names("LABELLING_RATE_LIMIT"))
    """Requests of one user of the label store for work and its submission: one user may be a whole labelling party."""
    polling_rate: RateText = Field(Rate(20_000, 3600), validation_alias=names("POLLING_RATE_LIMIT"))
    """Requests of one user for the status of what they wait for."""
    dashboards_rate: RateText = Field(Rate(36_000, 3600), validation_alias=names("DASHBOARDS_RATE_LIMIT"))
    """Requests of one user or network address for dashboards and channels: a page of curves sends many."""
    pictures_rate: RateText = Field(Rate(600, 3600), validation_alias=names("PICTURES_RATE_LIMIT"))
    """Pictures of curves and dashboards of one user, or of one network without a login."""
    samples_rate: RateText = Field(Rate(36_000, 3600), validation_alias=names("SAMPLES_RATE_LIMIT"))
    """Batches of samples of one user."""
    byte_rate: RateText = Field(Rate(400_000_000, 3600), validation_alias=names("BYTE_RATE_LIMIT"))
    """Bytes of bodies of one user, or of one network address without a login."""


class PackageSettings(ServiceSettings):
    """Jobs that make packages."""

    anonymous_jobs: bool = Field(False, validation_alias=names("AUTOPKG_ANONYMOUS_JOBS"))
    """Lets callers without a login submit jobs of packages. All of them together have the quota of one user."""


class ChannelSettings(ServiceSettings):
    """Channels; `CHANNEL_DEFAULT_BACKEND` is that of notify."""

    channel_default_backend: str = Field(
        DEFAULT_BACKEND, min_length=1, max_length=MAX_BACKEND, validation_alias=names("CHANNEL_DEFAULT_BACKEND")
    )
    """The backend of samples that name none, and the one that is preferred where a name is in several."""
    channel_streams: int = Field(20, ge=1, validation_alias=names("CHANNEL_STREAMS_PER_READER"))
    """Open streams of samples of one user, or of one network address without a login."""
    channel_data_url: Address | None = Field(None, validation_alias=names("CHANNEL_DATA_BASE_URL"))
    """Where raw samples are downloaded: `/events` below it. Unset: this API."""


class DashboardSettings(ServiceSettings):
    """The routes of dashboards."""

    dashboard_max_single: int = Field(10 * 1024**2, ge=1, validation_alias=names("DASHBOARD_MAX_SINGLE_BYTES"))
    """Bytes of the largest dashboard, as compact JSON; bodies may have four times as many, since many are indented."""
    dashboard_max_import: int = Field(64 << 20, ge=1 << 16, validation_alias=names("DASHBOARD_MAX_IMPORT_BYTES"))
    """Largest import of dashboards in bytes, refused with 413 above it."""

    @property
    def dashboard_max_body(self) -> int:
        """Bytes of the largest body that is parsed."""
        return max(4 * self.dashboard_max_single, 1 << 20)


class LabelSettings(ServiceSettings):
    """The routes of the label store."""

    label_max_per_page: int = Field(10_000, ge=1, le=100_000, validation_alias=names("LABEL_MAX_PER_PAGE"))
    """Rows of a page of the label store; larger values of `per_page` are lowered to it."""
    label_max_body: int = Field(64 << 20, ge=1 << 16, validation_alias=names("LABEL_MAX_BODY_BYTES"))
    """Largest submission of labelled objects in bytes, refused with 413 above it."""
    label_max_submission: int = Field(10_000, ge=1, validation_alias=names("LABEL_MAX_SUBMISSION_IMAGES"))
    """Images of one submission, refused with 413 above it."""
    label_max_objects: int = Field(100_000, ge=1, validation_alias=names("LABEL_MAX_SUBMISSION_OBJECTS"))
    """Objects of one submission, refused with 413 above it: they are in the memory of their owner at once."""
    label_auth_cache: float = Field(60.0, ge=0, le=3600, validation_alias=names("LABEL_AUTH_CACHE_SECONDS"))
    """Seconds for which keys of the label store are kept in memory; 0 asks their owner at each request."""


class ProbeSettings(ServiceSettings):
    """Servers that `/health/` checks; unset ones are omitted."""

    probe_timeout: float = Field(2.0, validation_alias=names("HEALTH_PROBE_TIMEOUT"))
    """Seconds for each check of `/health/`."""
    stac_url: Address | None = Field(None, validation_alias=names("FAIR_STAC_API_URL"))
    """The STAC API of the public catalogue."""
    zenml_url: Address | None = Field(None, validation_alias=names("FAIR_ZENML_STORE_URL"))
    """The ZenML server that runs pipelines."""
    mapswipe: bool = Field(False, validation_alias=names("ENABLE_MAPSWIPE"))
    """Enables validation with Mapswipe."""
    mapswipe_url: Address | None = Field(None, validation_alias=names("MAPSWIPE_BACKEND_URL"))
    """Mapswipe's backend."""


class Settings(
    HttpSettings,
    AuthSettings,
    LimitSettings,
    PackageSettings,
    LabelSettings,
    ChannelSettings,
    DashboardSettings,
    ProbeSettings,
    AllowServices,
    AllowModels,
    AllowWebhooks,
    StorageSettings,
):
    """All settings; one instance per process."""
