"""Which provider this deployment has. Cryptography is loaded only by the one that needs it."""

from urllib.parse import urlsplit

from gateway.auth.dev import DevProvider
from gateway.auth.identity import Provider
from gateway.auth.osm_tokens import WithOsmTokens, tokens_of
from gateway.auth.pat import Portal
from gateway.auth.users import Users
from gateway.settings import Settings
from kit.outbound import Outbound


def provider_of(settings: Settings, users: Users, outbound: Outbound) -> Provider:
    provider = _dev(settings, users) if settings.auth_provider == "dev" else _hanko(settings, users, outbound)
    tokens = tokens_of(settings)
    return WithOsmTokens(provider, users, tokens) if tokens else provider


def _dev(settings: Settings, users: Users) -> Provider:
    assert settings.dev_token is not None
    return DevProvider(users, settings.dev_token.get_secret_value(), several=settings.debug)


def _hanko(settings: Settings, users: Users, outbound: Outbound) -> Provider:
    from gateway.auth.hanko import Expected, HankoProvider
    from gateway.auth.jwks import Jwks
    from gateway.auth.sessions import Sessions

    assert settings.hanko_url is not None
    expected = Expected(settings.jwt_issuer or settings.hanko_url, settings.jwt_audience)
    trusted = {origin_of(url) for url in [*settings.origins, *settings.csrf_origins, settings.api_base_url]}
    admins = frozenset(email.lower() for email in settings.admin_emails)
    key = settings.login_key
    portal = Portal(outbound, settings.portal, key.get_secret_value()) if key else None
    return HankoProvider(
        users, Jwks(settings.hanko_url), expected, lambda origin: origin in trusted, portal, admins,
        Sessions(settings.hanko_url) if settings.validate_sessions else None,
    )  # fmt: skip


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
