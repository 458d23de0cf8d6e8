from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names


class StacSettings(BaseSettings):
    """Address of the public catalogue. Without it the service runs, and requests that need STAC are refused."""

    model_config = ServiceSettings.model_config

    stac_url: str | None = Field(None, validation_alias=names("FAIR_STAC_API_URL"))
    """The STAC API of the public catalogue."""
    stac_key: SecretStr | None = Field(None, validation_alias=names("FAIR_STAC_API_KEY"))
    """Bearer for writes to the STAC API."""
    stac_cache_ttl: float = Field(300.0, validation_alias=names("STAC_CACHE_TTL"))
    """Seconds that a STAC item is cached."""
    stac_database_url: SecretStr | None = Field(None, validation_alias=names("STAC_DATABASE_URL", "FAIR_STAC_DSN"))
    """pgstac's database, to receive changes; unset switches that off."""

    @field_validator("stac_url")
    @classmethod
    def _bare(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else None
