"""Who may use a route, and how often. Declared with the route; a route without a rule cannot be made."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.base import Command
from contracts.gateway.mappings import ADMIN
from contracts.shared import Actor
from kit.errors import Forbidden, Unauthenticated

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COSTLY = frozenset({"training_submit", "prediction_submit"})
"""Scopes of requests that start runs."""


class Policy(StrEnum):
    OPEN = "open"
    """Everyone; credentials are not even read."""
    ANON = "anon"
    """Everyone; who is known may see more."""
    PUBLIC_READ = "public-read"
    """Safe methods for everyone within row visibility, others need login."""
    AUTH = "auth"
    OWNER = "owner"
    """Login here; the service that holds the row decides whose it is."""
    ADMIN = "admin"
    MAPPINGS = "mappings"
    """Whose address is in ADMIN_EMAILS, with an account here or without."""


@dataclass(frozen=True)
class Rule:
    """`scope` names the rate limit that counts, None for none; `deadline` in seconds, `most` in bytes of the
    body, both None for the general one; `sends` are the commands that a request may become."""

    policy: Policy
    scope: str | None = "default"
    deadline: float | None = None
    most: int | None = None
    sends: tuple[type[Command], ...] = ()

    def is_free(self, method: str) -> bool:
        """Nobody has to be logged in."""
        open_to_all = self.policy in (Policy.OPEN, Policy.ANON)
        return open_to_all or (self.policy is Policy.PUBLIC_READ and method in SAFE)

    def forbids(self, method: str) -> bool:
        """Not everybody who is logged in may; whose row it is counts too."""
        return not self.is_free(method) and self.policy in (Policy.OWNER, Policy.ADMIN, Policy.MAPPINGS)

    def is_grave(self, method: str) -> bool:
        """It starts a run, or an administrator changes something."""
        return self.scope in COSTLY or (method not in SAFE and self.policy in (Policy.ADMIN, Policy.MAPPINGS))

    def admit(self, actor: Actor, method: str) -> None:
        """Unauthenticated or Forbidden."""
        if self.is_free(method):
            return
        if self.policy is Policy.MAPPINGS and ADMIN in actor.roles:
            return
        if actor.is_anonymous:
            raise Unauthenticated("login_required", "Authentication credentials were not provided or are not valid.")
        if self.policy is Policy.ADMIN and not actor.is_admin:
            raise Forbidden("admin_required", "Only administrators may do this.")
        if self.policy is Policy.MAPPINGS:
            raise Forbidden("admin_required", "Admin access required")
