from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names

NEEDED = {
    "mapswipe_csrf": "MAPSWIPE_CSRFTOKEN_KEY", "mapswipe_auth_url": "MAPSWIPE_FB_AUTH_URL",
    "mapswipe_username": "MAPSWIPE_FB_USERNAME", "mapswipe_password": "MAPSWIPE_FB_PASSWORD",
    "mapswipe_backend": "MAPSWIPE_BACKEND_URL", "mapswipe_manager": "MAPSWIPE_MANAGER_URL",
}  # fmt: skip
Address = Annotated[str, BeforeValidator(lambda value: value.rstrip("/") if isinstance(value, str) else value)]


class MapswipeSettings(BaseSettings):
    """Off unless `ENABLE_MAPSWIPE`; then it does not start without an account."""

    model_config = ServiceSettings.model_config

    mapswipe: bool = Field(False, validation_alias=names("ENABLE_MAPSWIPE"))
    """Offers crowd validation with Mapswipe."""
    mapswipe_backend: Address = Field("", validation_alias=names("MAPSWIPE_BACKEND_URL"))
    """Mapswipe's backend."""
    mapswipe_manager: Address = Field("", validation_alias=names("MAPSWIPE_MANAGER_URL"))
    """Its web client for managers, named as the origin of our requests."""
    mapswipe_web: Address = Field("", validation_alias=names("MAPSWIPE_WEB_URL"))
    """Its public pages, for links to projects."""
    mapswipe_csrf: str = Field("", validation_alias=names("MAPSWIPE_CSRFTOKEN_KEY"))
    """Name of the CSRF cookie."""
    mapswipe_auth_url: str = Field("", validation_alias=names("MAPSWIPE_FB_AUTH_URL"))
    """Where Firebase signs our account in."""
    mapswipe_username: str = Field("", validation_alias=names("MAPSWIPE_FB_USERNAME"))
    """E-mail address of our account."""
    mapswipe_password: SecretStr = Field(SecretStr(""), validation_alias=names("MAPSWIPE_FB_PASSWORD"))
    """Password of our account."""
    mapswipe_tutorial: str = Field("37", validation_alias=names("MAPSWIPE_TUTORIAL_ID"))
    """Tutorial of projects that name none."""
    mapswipe_organization: str = Field("4", validation_alias=names("MAPSWIPE_ORGANIZATION_ID"))
    """Organization of projects that name none."""
    mapswipe_verifications: int = Field(3, ge=1, validation_alias=names("MAPSWIPE_VERIFICATION_NUMBER"))
    """How many people look at each shape, where a project does not say."""
    mapswipe_poll_interval: float = Field(10.0, ge=0, validation_alias=names("MAPSWIPE_POLL_INTERVAL"))
    """Seconds for which what Mapswipe said of a project is believed."""
    mapswipe_poll_timeout: float = Field(600.0, gt=0, validation_alias=names("MAPSWIPE_POLL_TIMEOUT"))
    """Seconds after which a push that nobody finished may be asked for anew."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        values = {field: getattr(self, field) for field in NEEDED}
        values["mapswipe_password"] = self.mapswipe_password.get_secret_value()
        missing = [name for field, name in NEEDED.items() if not values[field]]
        if self.mapswipe and missing:
            raise ValueError(f"{missing[0]} is required with ENABLE_MAPSWIPE and not set")
        return self
