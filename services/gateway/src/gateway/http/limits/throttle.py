"""Selects the rate limit of a request and the key whose tokens it spends."""

import asyncio
import hashlib
from collections.abc import Awaitable
from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

from contracts.shared import Actor
from gateway.context import AppContext
from gateway.http.limits.leases import Allowance
from gateway.http.limits.rates import Rate
from kit.db.database import TRANSIENT
from kit.errors import RateLimited, Unavailable

VERIFICATION_MAILS = Rate(10, 3600)
"""Per user: anyone can enter the address of another person as their own."""
MAILBOX_VERIFICATIONS = Rate(5, 3600)
"""Per recipient address, for all users together."""

KIB = 1024
DATABASE_TIMEOUT = 3.0


async def throttle(app: AppContext, request: Request, actor: Actor, scope: str) -> Allowance | None:
    """Spends a token of the limit that counts for `scope`; raises RateLimited when none is left.

    A scope with a limit of its own counts instead of the default. Limits of a user are exact. Those of result files and
    of missing credentials count by network address, whoever is logged in there."""
    settings = app.settings
    if scope == "health":
        return await _where_possible(throttle(app, request, actor, "default"))
    exact = {
        "training_submit": settings.training_rate, "prediction_submit": settings.prediction_rate,
        "verification_mail": VERIFICATION_MAILS, "webhook": settings.webhook_rate,
    }  # fmt: skip
    own = {
        "image": settings.image_rate, "labelling": settings.labelling_rate, "polling": settings.polling_rate,
        "samples": settings.samples_rate,
    }  # fmt: skip
    shared = {
        "packages": settings.packages_rate, "dashboards": settings.dashboards_rate, "pictures": settings.pictures_rate,
    }  # fmt: skip
    if scope in exact:
        allowance = await app.limiter.spend(scope, f"user:{actor.id}", exact[scope], exact=True)
    elif scope in shared:
        key = network(request) if actor.is_anonymous else f"user:{actor.id}"
        allowance = await app.limiter.spend(scope, key, shared[scope])
    elif scope == "package_file":
        allowance = await app.limiter.spend(scope, network(request), settings.packages_rate)
    elif scope in own:
        allowance = await app.limiter.spend(scope, f"user:{actor.id}", own[scope])
    elif scope == "result_file":
        allowance = await app.limiter.spend(scope, network(request), settings.result_rate)
    elif scope == "unauthenticated":
        allowance = await app.limiter.spend(scope, network(request), settings.anon_rate)
    elif actor.is_anonymous:
        allowance = await app.limiter.spend("anon", network(request), settings.anon_rate)
    else:
        allowance = await app.limiter.spend("user", f"user:{actor.id}", settings.user_rate)
    return _check(allowance)


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
    key = network(request) if actor.is_anonymous else f"user:{actor.id}"
    whole: Rate = app.settings.byte_rate
    rate = Rate(max(1, whole.limit // KIB), whole.period)
    allowance = await app.limiter.spend("bytes", key, rate, cost=size // KIB)
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
