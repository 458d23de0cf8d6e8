"""Settings of authentication."""

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
    """OAuth2 client id at OpenStreetMap; unset disables this login."""
    osm_client_secret: SecretStr | None = Field(None, validation_alias=names("OSM_CLIENT_SECRET"))
    """OAuth2 client secret."""
    osm_scope: str = Field("read_prefs", validation_alias=names("OSM_SCOPE"))
    """OAuth2 scope."""
    osm_redirect_uri: str | None = Field(None, validation_alias=names("OSM_LOGIN_REDIRECT_URI"))
    """Page of the frontend to which OpenStreetMap redirects."""
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
    """`hanko`, or `dev` for one shared token."""
    dev_token: SecretStr | None = Field(None, validation_alias=names("FAIR_DEV_TOKEN"))
    """The shared bearer token of AUTH_PROVIDER=dev."""
    hanko_url: Address | None = Field(None, validation_alias=names("HANKO_API_URL"))
    """Address of Hanko: source of the signing keys and expected `iss`."""
    cookie_secret: SecretStr | None = Field(None, validation_alias=names("COOKIE_SECRET"))
    """Shared with the login portal; its first 32 bytes decrypt the cookie `osm_connection`."""
    validate_sessions: bool = Field(True, validation_alias=names("HANKO_VALIDATE_SESSIONS"))
    """Checks at HANKO_API_URL whether a session has ended before costly and administrative requests; turn it off for a
    Hanko without sessions."""
    jwt_audience: str | None = Field(None, validation_alias=names("JWT_AUDIENCE"))
    """Expected `aud`; unset leaves it unchecked."""
    jwt_issuer: str | None = Field(None, validation_alias=names("JWT_ISSUER"))
    """Expected `iss` instead of HANKO_API_URL."""
    login_url: Address = Field("https://login.hotosm.org", validation_alias=names("LOGIN_URL"))
    """Address of the login portal for browsers."""
    login_backend_url: Address | None = Field(None, validation_alias=names("LOGIN_BACKEND_URL"))
    """Address of the login portal for this service; unset means LOGIN_URL. A private one needs OUTBOUND_ALLOW_SERVICES
    too."""
    login_key: SecretStr | None = Field(None, validation_alias=names("LOGIN_INTERNAL_API_KEY"))
    """API key at the login portal; without it personal access tokens are invalid."""
    admin_emails: Listed = Field([], validation_alias=names("ADMIN_EMAILS"))
    """E-mail addresses of the users who may administrate mappings of identities to accounts."""

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
