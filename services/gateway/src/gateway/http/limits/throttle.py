"""Selects the rate limit of a request and the key whose tokens it spends."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

from contracts.shared import Actor
from gateway.context import AppContext
from gateway.http.limits.leases import Allowance
from gateway.http.limits.rates import Rate
from gateway.settings import Settings
from kit.db.database import TRANSIENT
from kit.errors import RateLimited, Unavailable

VERIFICATION_MAILS = Rate(10, 3600)
"""Per user: anyone can enter the address of another person as their own."""
MAILBOX_VERIFICATIONS = Rate(5, 3600)
"""Per recipient address, for all users together."""

KIB = 1024
DATABASE_TIMEOUT = 3.0


Key = Callable[[Request, Actor], str]


def _user(request: Request, actor: Actor) -> str:
    return f"user:{actor.id}"


def _network(request: Request, actor: Actor) -> str:
    return network(request)


def _caller(request: Request, actor: Actor) -> str:
    return network(request) if actor.is_anonymous else f"user:{actor.id}"


@dataclass(frozen=True)
class Limit:
    """`key` says whose tokens are spent. Tokens of a limit without a name are those of the scope."""

    rate: Callable[[Settings], Rate]
    key: Key = _user
    exact: bool = False
    name: str = ""


LIMITS = {
    "training_submit": Limit(lambda settings: settings.training_rate, exact=True),
    "prediction_submit": Limit(lambda settings: settings.prediction_rate, exact=True),
    "verification_mail": Limit(lambda settings: VERIFICATION_MAILS, exact=True),
    "webhook": Limit(lambda settings: settings.webhook_rate, exact=True),
    "image": Limit(lambda settings: settings.image_rate),
    "labelling": Limit(lambda settings: settings.labelling_rate),
    "polling": Limit(lambda settings: settings.polling_rate),
    "samples": Limit(lambda settings: settings.samples_rate),
    "packages": Limit(lambda settings: settings.packages_rate, _caller),
    "dashboards": Limit(lambda settings: settings.dashboards_rate, _caller),
    "pictures": Limit(lambda settings: settings.pictures_rate, _caller),
    "package_file": Limit(lambda settings: settings.packages_rate, _network),
    "result_file": Limit(lambda settings: settings.result_rate, _network),
    "unauthenticated": Limit(lambda settings: settings.anon_rate, _network),
}
"""By scope."""
ANONYMOUS = Limit(lambda settings: settings.anon_rate, _network, name="anon")
USER = Limit(lambda settings: settings.user_rate, name="user")
"""Of all other scopes."""


async def throttle(app: AppContext, request: Request, actor: Actor, scope: str) -> Allowance | None:
    """Spends a token of the limit that counts for `scope`; raises RateLimited when none is left.

    A scope with a limit of its own counts instead of the default. Limits of a user are exact. Those of result files and
    of missing credentials count by network address, whoever is logged in there."""
    if scope == "health":
        return await _where_possible(throttle(app, request, actor, "default"))
    limit = LIMITS.get(scope) or (ANONYMOUS if actor.is_anonymous else USER)
    key = limit.key(request, actor)
    return _check(await app.limiter.spend(limit.name or scope, key, limit.rate(app.settings), exact=limit.exact))


async def throttle_mailbox(app: AppContext, email: str) -> None:
    """Raises RateLimited when this address received enough links. The key is a hash, because limits outlive
    accounts."""
    key = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    _check(await app.limiter.spend("verification_mailbox", key, MAILBOX_VERIFICATIONS, exact=True))


def _check(allowance: Allowance) -> Allowance:
    if not allowance.allowed:
        raise RateLimited("rate_limit", f"Try again in {allowance.reset} seconds.", retry_after=allowance.reset,
                      headers=allowance.headers)  # fmt: skip
    return allowance


async def _where_possible(spending: Awaitable[Allowance | None]) -> Allowance | None:
    """Returns None while the database is not reachable, which is what a caller of the health check wants to find
    out."""
    try:
        async with asyncio.timeout(DATABASE_TIMEOUT):
            return await spending
    except (*TRANSIENT, Unavailable, TimeoutError):
        return None


async def meter(app: AppContext, request: Request, actor: Actor, size: int) -> None:
    """Raises RateLimited when a caller has sent more bytes in this window than allowed. Counts whole KiB, so that small
    bodies cost nothing."""
    if size < KIB:
        return
    whole: Rate = app.settings.byte_rate
    rate = Rate(max(1, whole.limit // KIB), whole.period)
    allowance = await app.limiter.spend("bytes", _caller(request, actor), rate, cost=size // KIB)
    if not allowance.allowed:
        most = f"{whole.limit / 1e6:.0f} MB, the maximum per window"
        detail = f"You have sent {most}. Try again in {allowance.reset} seconds."
        raise RateLimited("byte_limit", detail, retry_after=allowance.reset)


def network(request: Request) -> str:
    """Returns the client's address; for IPv6 the /64 network of one subscriber."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return host
