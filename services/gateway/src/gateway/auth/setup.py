"""Which provider this deployment has. Cryptography is loaded only by the one that needs it."""

from urllib.parse import urlsplit

from gateway.auth.dev import DevProvider
from gateway.auth.identity import Provider
from gateway.auth.users import Users
from gateway.settings import Settings


def provider_of(settings: Settings, users: Users) -> Provider:
    if settings.auth_provider == "dev":
        assert settings.dev_token is not None
        return DevProvider(users, settings.dev_token.get_secret_value(), several=settings.debug)
    return _hanko(settings, users)


def _hanko(settings: Settings, users: Users) -> Provider:
    from gateway.auth.hanko import Expected, HankoProvider
    from gateway.auth.jwks import Jwks

    assert settings.hanko_url is not None
    expected = Expected(settings.jwt_issuer or settings.hanko_url, settings.jwt_audience)
    trusted = {origin_of(url) for url in [*settings.origins, *settings.csrf_origins, settings.api_base_url]}
    return HankoProvider(users, Jwks(settings.hanko_url), expected, lambda origin: origin in trusted)


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
