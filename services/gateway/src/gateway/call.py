"""What a route needs to know of its request, and the way out to the bus."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from contracts.shared import Actor
from gateway.auth.identity import Who
from gateway.policy import Rule

if TYPE_CHECKING:
    from gateway.door import Door


@dataclass(slots=True)
class Call:
    """`headers` by lower-case name."""

    door: "Door"
    who: Who
    headers: Mapping[str, str]
    rule: Rule

    @property
    def actor(self) -> Actor:
        return self.who.actor


def call_of(request: Request) -> Call:
    return request.scope["fairway.call"]
