"""Which limit counts for a request, and whose tokens it spends."""

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from starlette.requests import Request

from contracts.shared import Actor
from gateway.limits.leases import Allowance
from gateway.limits.rates import Rate
from kit.errors import TooMany

VERIFICATION_MAILS = Rate(10, 3600)
"""Anybody can name the address of somebody else as their own."""

if TYPE_CHECKING:
    from gateway.door import Door


async def throttle(door: "Door", request: Request, actor: Actor, scope: str) -> Allowance:
    """TooMany when nothing is left. Scopes of their own count instead of the default, exactly."""
    settings = door.settings
    exact = {
        "training_submit": settings.training_rate, "prediction_submit": settings.prediction_rate,
        "verification_mail": VERIFICATION_MAILS, "webhook": settings.webhook_rate,
    }  # fmt: skip
    if scope in exact:
        allowance = await door.limiter.spend(scope, f"user:{actor.id}", exact[scope], exact=True)
    elif actor.is_anonymous:
        allowance = await door.limiter.spend("anon", network(request), settings.anon_rate)
    else:
        allowance = await door.limiter.spend("user", f"user:{actor.id}", settings.user_rate)
    if not allowance.allowed:
        raise TooMany("rate_limit", f"Try again in {allowance.reset} seconds.", retry_after=allowance.reset,
                      headers=allowance.headers)  # fmt: skip
    return allowance


def network(request: Request) -> str:
    """The client's address; of IPv6 the /64 that one subscriber has."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return host
