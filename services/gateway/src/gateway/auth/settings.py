"""Who may come in, and how that is found out."""

import re
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from kit.settings import Address, Listed, ServiceSettings, names

_WEAK = re.compile("dev|unsafe")
COOKIE_SECRET_LENGTH = 32


class OsmLoginSettings(ServiceSettings):
    """The first generation's login at OpenStreetMap; offered when OSM_CLIENT_ID is set."""

    osm_url: Address = Field("https://www.openstreetmap.org", validation_alias=names("OSM_URL"))
    """OpenStreetMap, or another server with its OAuth2 login."""
    osm_client_id: str | None = Field(None, validation_alias=names("OSM_CLIENT_ID"))
    """Our application at OpenStreetMap; unset means no such login."""
    osm_client_secret: SecretStr | None = Field(None, validation_alias=names("OSM_CLIENT_SECRET"))
    """The secret of that application."""
    osm_scope: str = Field("read_prefs", validation_alias=names("OSM_SCOPE"))
    """What we ask OpenStreetMap's users for."""
    osm_redirect_uri: str | None = Field(None, validation_alias=names("OSM_LOGIN_REDIRECT_URI"))
    """The page of the frontend that OpenStreetMap sends people back to."""
    osm_secret: SecretStr | None = Field(None, validation_alias=names("OSM_SECRET_KEY"))
    """Signs the tokens of the header `access-token`."""

    @model_validator(mode="after")
    def _complete(self) -> "OsmLoginSettings":
        if self.osm_client_id and not (self.osm_client_secret and self.osm_redirect_uri and self.osm_secret):
            others = "OSM_CLIENT_SECRET, OSM_LOGIN_REDIRECT_URI and OSM_SECRET_KEY"
            raise ValueError(f"{others} are required with OSM_CLIENT_ID")
        if self.osm_secret and not self.debug and len(self.osm_secret.get_secret_value()) < COOKIE_SECRET_LENGTH:
            raise ValueError("OSM_SECRET_KEY needs 32 characters unless DEBUG=true")
        return self


class AuthSettings(OsmLoginSettings):
    signing_key: SecretStr = Field(validation_alias=names("SECRET_KEY"))
    """Signs the links of e-mail verification."""
    auth_provider: Literal["hanko", "dev"] = Field("hanko", validation_alias=names("AUTH_PROVIDER"))
    """`hanko`, or `dev` for one token that everybody shares."""
    dev_token: SecretStr | None = Field(None, validation_alias=names("FAIR_DEV_TOKEN"))
    """The one bearer token of AUTH_PROVIDER=dev."""
    hanko_url: Address | None = Field(None, validation_alias=names("HANKO_API_URL"))
    """Whose keys sign the tokens, and what their `iss` must be."""
    cookie_secret: SecretStr | None = Field(None, validation_alias=names("COOKIE_SECRET"))
    """Shared with the login portal; its first 32 bytes open the cookie `osm_connection`."""
    validate_sessions: bool = Field(True, validation_alias=names("HANKO_VALIDATE_SESSIONS"))
    """Asks HANKO_API_URL whether a login was ended before it starts a run or administrates; off for a Hanko without
    sessions of its own."""
    jwt_audience: str | None = Field(None, validation_alias=names("JWT_AUDIENCE"))
    """What `aud` must be; unset leaves it unchecked."""
    jwt_issuer: str | None = Field(None, validation_alias=names("JWT_ISSUER"))
    """What `iss` must be instead of HANKO_API_URL."""
    login_url: Address = Field("https://login.hotosm.org", validation_alias=names("LOGIN_URL"))
    """The login portal, for browsers."""
    login_backend_url: Address | None = Field(None, validation_alias=names("LOGIN_BACKEND_URL"))
    """The login portal as this service reaches it; unset means LOGIN_URL. A private one needs OUTBOUND_ALLOW too."""
    login_key: SecretStr | None = Field(None, validation_alias=names("LOGIN_INTERNAL_API_KEY"))
    """Our key at the login portal; without it personal access tokens do not count."""
    admin_emails: Listed = Field([], validation_alias=names("ADMIN_EMAILS"))
    """Addresses of those who may administrate the mapping of identities to users."""

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
        if self.cookie_secret and len(self.cookie_secret.get_secret_value().encode()) < COOKIE_SECRET_LENGTH:
            raise ValueError("COOKIE_SECRET needs 32 characters")
        return self

    @property
    def portal(self) -> str:
        return self.login_backend_url or self.login_url
