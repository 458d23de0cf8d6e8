"""Identities of callers. A provider turns the headers of a request into an identity; roles come from the users table
only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import cookie_parser

from contracts.shared import ANONYMOUS, Actor


@dataclass(frozen=True)
class ExternalIdentity:
    """A person as the identity provider knows them, with or without an account here. `verified` is what the provider
    states about the address, None when it states nothing."""

    id: str
    email: str
    verified: bool | None = None


@dataclass(frozen=True)
class Identity:
    actor: Actor
    external: ExternalIdentity | None = None
    legacy: bool = False
    """From a token of the first generation's login at OpenStreetMap."""

    @property
    def needs_onboarding(self) -> bool:
        return self.external is not None and self.actor.is_anonymous


ANONYMOUS_IDENTITY = Identity(ANONYMOUS)
MAX_COOKIE_LENGTH = 16_384
MAX_COOKIES = 180
"""The number that browsers store for one site."""


class Provider(Protocol):
    name: str

    async def authenticate(self, headers: Mapping[str, str], unsafe: bool, client: str) -> Identity:
        """Returns the caller, ANONYMOUS_IDENTITY for missing or invalid credentials. `unsafe`: the request may change
        something. `client`: its network address.

        Raises Unauthenticated where the provider distinguishes an invalid credential from a missing one, Unavailable
        while a credential cannot be checked.
        """
        ...

    async def verify_session(self, headers: Mapping[str, str]) -> None:
        """Called before costly or administrative requests. Raises Unauthenticated for a login that has ended,
        Unavailable while that cannot be checked."""
        ...


def bearer(headers: Mapping[str, str]) -> str | None:
    """Returns the token of `Authorization: Bearer …`; None without one or with another scheme."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def cookie(headers: Mapping[str, str], name: str) -> str | None:
    """Returns None for a request with more or longer cookies than the platform sets: the caller is not authenticated
    yet, so parsing must stay cheap."""
    text = headers.get("cookie", "")
    if len(text) > MAX_COOKIE_LENGTH or text.count(";") >= MAX_COOKIES:
        return None
    return cookie_parser(text).get(name)
