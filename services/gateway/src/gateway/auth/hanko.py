"""`AUTH_PROVIDER=hanko`: RS256 tokens and personal access tokens, as bearer or in the cookie `hanko`. Anything wrong
with one makes its sender a stranger, never an error of its own."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from contracts.gateway.mappings import ADMIN
from contracts.shared import ANONYMOUS
from gateway.auth.cache import Recent
from gateway.auth.identity import NOBODY, External, Who, bearer, cookie
from gateway.auth.jwks import Jwks
from gateway.auth.pat import Portal
from gateway.auth.sessions import Sessions
from gateway.auth.users import REMEMBERED, Users

log = logging.getLogger("gateway.hanko")
LONGEST = 8192
LEEWAY = 30
COOKIE = "hanko"


@dataclass(frozen=True)
class Expected:
    """What a token must say; `audience` None leaves `aud` unchecked."""

    issuer: str
    audience: str | None


class Worthless(Exception):
    """Why a token does not count."""


class HankoProvider:
    """`portal` None: personal access tokens do not count. `admins`: lower-case addresses of ADMIN_EMAILS. `sessions`
    None: a signature is enough for everything."""

    name = "hanko"

    def __init__(
        self, users: Users, keys: Jwks, expected: Expected, trusts_origin: Callable[[str], bool],
        portal: Portal | None = None, admins: frozenset[str] = frozenset(), sessions: Sessions | None = None,
    ) -> None:  # fmt: skip
        self.users, self.keys, self.expected, self.trusts_origin = users, keys, expected, trusts_origin
        self.portal, self.admins, self.sessions = portal, admins, sessions
        self._recent: Recent[External] = Recent()

    async def who(self, headers: Mapping[str, str], unsafe: bool) -> Who:
        token = bearer(headers) or self._cookie(headers, unsafe)
        external = await self._person(token) if token else None
        if external is None:
            return NOBODY
        actor = await self.users.by_hanko(external.id) or ANONYMOUS
        if external.verified and external.email.lower() in self.admins:
            actor = actor.model_copy(update={"roles": actor.roles | {ADMIN}})
        return Who(actor, external)

    async def confirm(self, headers: Mapping[str, str]) -> None:
        """The portal is asked for each personal access token anyway."""
        token = bearer(headers) or cookie(headers, COOKIE) or ""
        if self.sessions and _is_signed(token):
            await self.sessions.check(token)

    async def _person(self, token: str) -> External | None:
        if not _is_signed(token):
            return await self.portal.person(token) if self.portal else None
        try:
            return self._recent.get(token) or await self._verified(token)
        except Worthless as reason:
            log.info("token.refused", extra={"facts": {"reason": str(reason)}})
            return None

    def _cookie(self, headers: Mapping[str, str], unsafe: bool) -> str | None:
        """A cookie travels by itself, so a request that may change something must come from a page of ours."""
        if "cookie" not in headers or (unsafe and not self.trusts_origin(headers.get("origin", ""))):
            return None
        return cookie(headers, COOKIE)

    async def _verified(self, token: str) -> External:
        claims = await self.claims(token)
        external = external_of(claims)
        left = claims["exp"] + LEEWAY - time.time()
        return self._recent.put(token, external, min(REMEMBERED, left))

    async def claims(self, token: str) -> dict[str, Any]:
        """Worthless unless signed by a key of ours for us, now."""
        if len(token) > LONGEST:
            raise Worthless("too long")
        try:
            header = jwt.get_unverified_header(token)
            key = await self.keys.key(str(header.get("kid", ""))) if header.get("alg") == "RS256" else None
            if key is None:
                raise Worthless("unknown key or algorithm")
            return jwt.decode(
                token, key, algorithms=["RS256"], issuer=self.expected.issuer, audience=self.expected.audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "sub"], "verify_aud": self.expected.audience is not None},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Worthless(type(error).__name__) from error


def _is_signed(token: str) -> bool:
    """A JWT, by its looks."""
    parts = token.split(".")
    return len(parts) == 3 and all(parts)


def external_of(claims: dict[str, Any]) -> External:
    """Hanko writes the address as text or as an object; a token without one does not count."""
    email = claims.get("email")
    told = email if isinstance(email, dict) else {"address": email}
    address = told.get("address")
    if not isinstance(address, str) or not address or not claims["sub"]:
        raise Worthless("no subject or no e-mail address")
    return External(claims["sub"], address, told.get("is_verified") is not False)
