"""`AUTH_PROVIDER=hanko`: RS256 tokens, as bearer or in the cookie `hanko`. Anything wrong with one makes its sender a
stranger, never an error of its own."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

import jwt

from contracts.shared import ANONYMOUS
from gateway.auth.cache import Recent
from gateway.auth.identity import NOBODY, External, Who, bearer
from gateway.auth.jwks import Jwks
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
    name = "hanko"

    def __init__(self, users: Users, keys: Jwks, expected: Expected, trusts_origin: Callable[[str], bool]) -> None:
        self.users, self.keys, self.expected, self.trusts_origin = users, keys, expected, trusts_origin
        self._recent: Recent[External] = Recent()

    async def who(self, headers: Mapping[str, str], unsafe: bool) -> Who:
        token = bearer(headers) or self._cookie(headers, unsafe)
        if not token or not looks_like_jwt(token):
            return NOBODY
        try:
            external = self._recent.get(token) or await self._verified(token)
        except Worthless as reason:
            log.info("token.refused", extra={"facts": {"reason": str(reason)}})
            return NOBODY
        return Who(await self.users.by_hanko(external.id) or ANONYMOUS, external)

    def _cookie(self, headers: Mapping[str, str], unsafe: bool) -> str | None:
        """A cookie travels by itself, so a request that may change something must come from a page of ours."""
        if "cookie" not in headers or (unsafe and not self.trusts_origin(headers.get("origin", ""))):
            return None
        try:
            jar = SimpleCookie(headers["cookie"])
        except CookieError:
            return None
        return jar[COOKIE].value if COOKIE in jar else None

    async def _verified(self, token: str) -> External:
        claims = await self.claims(token)
        external = External(claims["sub"], address_of(claims))
        left = claims["exp"] + LEEWAY - time.time()
        return self._recent.put(token, external, min(REMEMBERED, left))

    async def claims(self, token: str) -> dict[str, Any]:
        """Worthless unless signed by a key of ours for us, now."""
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


def looks_like_jwt(token: str) -> bool:
    parts = token.split(".")
    return len(token) <= LONGEST and len(parts) == 3 and all(parts)


def address_of(claims: dict[str, Any]) -> str:
    """Hanko writes the address as text or as an object; a token without one does not count."""
    email = claims.get("email")
    address = email.get("address") if isinstance(email, dict) else email
    if not isinstance(address, str) or not address or not claims["sub"]:
        raise Worthless("no subject or no e-mail address")
    return address
