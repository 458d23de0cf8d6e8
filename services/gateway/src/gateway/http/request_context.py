"""What a route knows about its request, including the way to the bus."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from contracts.shared import Actor
from gateway.context import AppContext
from gateway.http.limits.leases import Allowance
from gateway.http.policy import Rule
from gateway.identity.provider import Identity

CONTEXT = "fairway.context"
"""Key of the scope."""


@dataclass(slots=True)
class RequestContext:
    """`headers` by lower-case name; `allowance` is what is left of the rate limit that counts, None without one."""

    app: AppContext
    identity: Identity
    headers: Mapping[str, str]
    rule: Rule
    allowance: Allowance | None = None

    @property
    def actor(self) -> Actor:
        return self.identity.actor


def request_context(request: Request) -> RequestContext:
    return request.scope[CONTEXT]
