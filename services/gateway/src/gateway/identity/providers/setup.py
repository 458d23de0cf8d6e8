"""Builds the provider of this deployment. Cryptography is imported only by the provider that needs it."""

from urllib.parse import urlsplit

from gateway.identity.provider import Provider
from gateway.identity.providers.access_tokens import TokenPortal
from gateway.identity.providers.dev import DevProvider
from gateway.identity.providers.osm_tokens import WithOsmTokens, tokens_of
from gateway.identity.users import Users
from gateway.settings import Settings
from kit.http.outbound import Outbound


def provider_of(settings: Settings, users: Users, outbound: Outbound) -> Provider:
    provider = _dev(settings, users) if settings.auth_provider == "dev" else _hanko(settings, users, outbound)
    tokens = tokens_of(settings)
    return WithOsmTokens(provider, users, tokens) if tokens else provider


def _dev(settings: Settings, users: Users) -> Provider:
    assert settings.dev_token is not None
    return DevProvider(users, settings.dev_token.get_secret_value(), several=settings.debug)


def _hanko(settings: Settings, users: Users, outbound: Outbound) -> Provider:
    from gateway.identity.providers.hanko import ExpectedClaims, HankoProvider
    from gateway.identity.providers.jwks import Jwks
    from gateway.identity.providers.sessions import Sessions

    assert settings.hanko_url is not None
    expected = ExpectedClaims(settings.jwt_issuer or settings.hanko_url, settings.jwt_audience)
    trusted = {origin_of(url) for url in [*settings.origins, *settings.csrf_origins, settings.api_base_url]}
    admins = frozenset(email.lower() for email in settings.admin_emails)
    key = settings.login_key
    portal = TokenPortal(outbound, settings.portal, key.get_secret_value()) if key else None
    return HankoProvider(
        users, Jwks(settings.hanko_url), expected, lambda origin: origin in trusted, portal, admins,
        Sessions(settings.hanko_url) if settings.validate_sessions else None,
    )  # fmt: skip


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
