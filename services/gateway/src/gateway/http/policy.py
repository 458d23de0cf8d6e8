"""Who may use a route, and how often. A route cannot be declared without a rule."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.base import Command
from contracts.gateway.mappings import ADMIN
from contracts.shared import Actor
from kit.errors import Forbidden, Unauthenticated

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SMALL_BODY = 65_536
COSTLY = frozenset({"training_submit", "prediction_submit"})
"""Scopes of routes that start runs."""


class Policy(StrEnum):
    OPEN = "open"
    """Everyone; credentials are not even read."""
    ANON = "anon"
    """Everyone; authenticated callers may see more."""
    PUBLIC_READ = "public-read"
    """Safe methods for everyone within row visibility; other methods need a login."""
    AUTH = "auth"
    OWNER = "owner"
    """Needs a login; the service that owns the row checks its owner."""
    ADMIN = "admin"
    MAPPINGS = "mappings"
    """Users named in ADMIN_EMAILS, with or without an account."""


@dataclass(frozen=True)
class LargeMember:
    """`name` of a member of the body that may be large, so that the body has up to `most` bytes; it stays text
    (`JsonRequest.text_of_member`)."""

    name: str
    most: int


@dataclass(frozen=True)
class Rule:
    """`scope` names the rate limit, None for none. `deadline` in seconds and `body` in bytes; None for the default of
    both. `most` in bytes for bodies that older clients expect to be refused with 400. `sends`: the commands that a
    request may become. `credential_scope` admits credentials with limited scopes that include it; other routes refuse
    limited credentials. `waived_by` names the setting that admits callers without a login. `large`: a member of the
    body beyond the usual size."""

    policy: Policy
    scope: str | None = "default"
    deadline: float | None = None
    most: int | None = None
    sends: tuple[type[Command], ...] = ()
    body: int | None = SMALL_BODY
    credential_scope: str | None = None
    waived_by: str | None = None
    large: LargeMember | None = None

    def allows_anonymous(self, method: str) -> bool:
        """Returns whether the route needs no login."""
        open_to_all = self.policy in (Policy.OPEN, Policy.ANON)
        return open_to_all or (self.policy is Policy.PUBLIC_READ and method in SAFE)

    def forbids(self, method: str) -> bool:
        """Returns whether an authenticated caller can get 403, for the role or for the row."""
        return not self.allows_anonymous(method) and self.policy in (Policy.OWNER, Policy.ADMIN, Policy.MAPPINGS)

    def is_sensitive(self, method: str) -> bool:
        """Returns whether the request starts a run, or changes something as an administrator."""
        return self.scope in COSTLY or (method not in SAFE and self.policy in (Policy.ADMIN, Policy.MAPPINGS))

    def authorize(self, actor: Actor, method: str) -> None:
        """Raises Unauthenticated or Forbidden."""
        if not self._permits(actor):
            raise Forbidden("scope_required", "These credentials do not permit this.")
        if self.allows_anonymous(method):
            return
        if self.policy is Policy.MAPPINGS and ADMIN in actor.roles:
            return
        if actor.is_anonymous:
            raise Unauthenticated("login_required", "Authentication credentials were not provided or are not valid.")
        if self.policy is Policy.ADMIN and not actor.is_admin:
            raise Forbidden("admin_required", "Only administrators may do this.")
        if self.policy is Policy.MAPPINGS:
            raise Forbidden("admin_required", "Admin access required")

    def _permits(self, actor: Actor) -> bool:
        """Whether the scopes of the credentials, where they are limited, include that of the route."""
        if self.credential_scope is None:
            return actor.scopes is None
        return actor.allows(self.credential_scope)
