"""`AUTH_PROVIDER=hanko`: RS256 tokens and personal access tokens, as bearer or in the cookie `hanko`. An invalid token
is treated as anonymous; it never raises. A token that cannot be checked now raises Unavailable."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from contracts.gateway.mappings import ADMIN
from contracts.shared import ANONYMOUS
from gateway.identity.provider import (
    ANONYMOUS_IDENTITY,
    ExternalIdentity,
    Identity,
    bearer,
    cookie,
)
from gateway.identity.providers.access_tokens import TokenPortal
from gateway.identity.providers.jwks import Jwks
from gateway.identity.providers.sessions import Sessions
from gateway.identity.ttl_cache import TtlCache
from gateway.identity.users import REMEMBERED, Users

log = logging.getLogger("gateway.hanko")
LONGEST = 8192
LEEWAY = 30
COOKIE = "hanko"


@dataclass(frozen=True)
class ExpectedClaims:
    """Required claims; `audience` None leaves `aud` unchecked."""

    issuer: str
    audience: str | None


class InvalidToken(Exception):
    """The reason why a token is invalid."""


class HankoProvider:
    """`portal` None: personal access tokens are invalid. `admins`: lower-case addresses of ADMIN_EMAILS. `sessions`
    None: sessions are not checked, a valid signature is enough."""

    name = "hanko"

    def __init__(
        self, users: Users, keys: Jwks, expected: ExpectedClaims, trusts_origin: Callable[[str], bool],
        portal: TokenPortal | None = None, admins: frozenset[str] = frozenset(), sessions: Sessions | None = None,
    ) -> None:  # fmt: skip
        self.users, self.keys, self.expected, self.trusts_origin = users, keys, expected, trusts_origin
        self.portal, self.admins, self.sessions = portal, admins, sessions
        self._recent: TtlCache[ExternalIdentity] = TtlCache()

    async def authenticate(self, headers: Mapping[str, str], unsafe: bool, client: str) -> Identity:
        token = bearer(headers) or self._cookie(headers, unsafe)
        external = await self._person(token, client) if token else None
        if external is None:
            return ANONYMOUS_IDENTITY
        actor = await self.users.by_hanko(external.id) or ANONYMOUS
        if external.verified is not False and external.email.lower() in self.admins:
            actor = actor.model_copy(update={"roles": actor.roles | {ADMIN}})
        return Identity(actor, external)

    async def verify_session(self, headers: Mapping[str, str]) -> None:
        """Personal access tokens are checked at the portal anyway."""
        token = bearer(headers) or cookie(headers, COOKIE) or ""
        if self.sessions and _is_signed(token):
            await self.sessions.check(token)

    async def _person(self, token: str, client: str) -> ExternalIdentity | None:
        if not _is_signed(token):
            return await self.portal.person(token, client) if self.portal else None
        try:
            return self._recent.get(token) or await self._verified(token)
        except InvalidToken as reason:
            log.info("token.refused", extra={"fields": {"reason": str(reason)}})
            return None

    def _cookie(self, headers: Mapping[str, str], unsafe: bool) -> str | None:
        """Browsers send a cookie with every request, so an unsafe request must come from a trusted origin."""
        if "cookie" not in headers or (unsafe and not self.trusts_origin(headers.get("origin", ""))):
            return None
        return cookie(headers, COOKIE)

    async def _verified(self, token: str) -> ExternalIdentity:
        claims = await self.claims(token)
        external = external_identity(claims)
        left = claims["exp"] + LEEWAY - time.time()
        return self._recent.put(token, external, min(REMEMBERED, left))

    async def claims(self, token: str) -> dict[str, Any]:
        """Raises InvalidToken unless the token is signed by a known key, for this platform, and valid now."""
        if len(token) > LONGEST:
            raise InvalidToken("too long")
        try:
            header = jwt.get_unverified_header(token)
            key = await self.keys.key(str(header.get("kid", ""))) if header.get("alg") == "RS256" else None
            if key is None:
                raise InvalidToken("unknown key or algorithm")
            return jwt.decode(
                token, key, algorithms=["RS256"], issuer=self.expected.issuer, audience=self.expected.audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "sub"], "verify_aud": self.expected.audience is not None},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise InvalidToken(type(error).__name__) from error


def _is_signed(token: str) -> bool:
    """Returns whether the token has the form of a JWT."""
    parts = token.split(".")
    return len(parts) == 3 and all(parts)


def external_identity(claims: dict[str, Any]) -> ExternalIdentity:
    """Hanko writes the address as text or as an object; a token without one is invalid."""
    email = claims.get("email")
    claim = email if isinstance(email, dict) else {"address": email}
    address = claim.get("address")
    if not isinstance(address, str) or not address or not claims["sub"]:
        raise InvalidToken("no subject or no e-mail address")
    verified = claim.get("is_verified")
    return ExternalIdentity(claims["sub"], address, verified if isinstance(verified, bool) else None)
