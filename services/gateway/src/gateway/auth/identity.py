"""Who asks. A provider turns the headers of a request into a person; roles come from our tables only."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Protocol

from contracts.shared import ANONYMOUS, Actor


@dataclass(frozen=True)
class External:
    """Somebody as the identity provider knows them, whether they have an account here or not. `verified` is false
    only where the provider says that the address is not proven."""

    id: str
    email: str
    verified: bool = True


@dataclass(frozen=True)
class Who:
    actor: Actor
    external: External | None = None
    legacy: bool = False
    """By a token of the first generation's login at OpenStreetMap."""

    @property
    def needs_onboarding(self) -> bool:
        return self.external is not None and self.actor.is_anonymous


NOBODY = Who(ANONYMOUS)


class Provider(Protocol):
    name: str

    async def who(self, headers: Mapping[str, str], unsafe: bool) -> Who:
        """NOBODY for credentials that are missing or worthless. `unsafe`: the request may change something.

        Unauthenticated where the provider wants a wrong credential to be told apart from none.
        """
        ...

    async def confirm(self, headers: Mapping[str, str]) -> None:
        """Before what is costly or an administrator's: Unauthenticated for a login that was ended meanwhile,
        Unavailable while that cannot be found out."""
        ...


def bearer(headers: Mapping[str, str]) -> str | None:
    """The token of `Authorization: Bearer …`; None without one or with another scheme."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def cookie(headers: Mapping[str, str], name: str) -> str | None:
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    return jar[name].value if name in jar else None
