"""What the policy of a route and the row that it names make of each caller."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.http.policy import SAFE, Policy
from gateway.http.policy_route import PolicyRoute
from tests.surface.people import Who
from tests.surface.rows import Rows

COMMON = {"slug", "letter_id", "hanko_user_id", "banner_id"}
"""What belongs to nobody: everybody whom the route lets in may ask for it."""
NEVER_PUBLIC = {"notification_id", "command_id", "pid", "webhook_id"}
WITHOUT_LOGIN = (Policy.OPEN, Policy.ANON)
ADMINS = (Policy.ADMIN, Policy.MAPPINGS)
Body = Mapping[str, Any] | Callable[[Rows], Any] | None


@dataclass(frozen=True)
class Row:
    """How one operation is tried. `route` is method and path. `done` is the answer for who is let in, where it is not
    what the route declares. `but` maps a caller, or visibility and caller (`public stranger`), to another status; `why`
    says the reason of what is unusual. `names` makes what the parts of the address name, and `row` is true where the
    body names a row."""

    route: str
    body: Body = None
    done: int | None = None
    but: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    names: Mapping[str, Callable[[Rows], Any]] = field(default_factory=dict)
    query: Callable[[Rows], str] | str = ""
    row: bool | None = None

    @property
    def method(self) -> str:
        return self.route.split()[0]

    @property
    def path(self) -> str:
        return self.route.split()[1]


def visibilities(row: Row, route: PolicyRoute) -> tuple[str, ...]:
    named = set(route.param_convertors)
    if not names_row(row, route):
        return ("",)
    return ("private",) if named & NEVER_PUBLIC else ("private", "public")


def names_row(row: Row, route: PolicyRoute) -> bool:
    return bool(set(route.param_convertors) - COMMON) if row.row is None else row.row


def expected(row: Row, route: PolicyRoute, who: Who, visibility: str) -> int:
    for key in (f"{visibility} {who}", str(who)):
        if key in row.but:
            return row.but[key]
    refused = at_the_door(row, route, who) or of_the_row(row, route, who, visibility)
    return refused or row.done or route.status_code or 200


def at_the_door(row: Row, route: PolicyRoute, who: Who) -> int | None:
    policy, is_safe = route.rule.policy, row.method in SAFE
    if route.dialect.forbidden_status == 401 and policy is not Policy.OPEN and who is not Who.ADMIN:
        return 401
    reads = policy is Policy.PUBLIC_READ and is_safe
    if who is Who.ANONYMOUS and not (reads or policy in WITHOUT_LOGIN):
        return 401 if is_safe else route.dialect.anonymous_write_status
    return 403 if policy in ADMINS and who is not Who.ADMIN else None


def of_the_row(row: Row, route: PolicyRoute, who: Who, visibility: str) -> int | None:
    if who in (Who.OWNER, Who.ADMIN) or not names_row(row, route):
        return None
    if visibility == "private":
        return 404
    return 403 if row.method not in SAFE or route.rule.policy is Policy.OWNER else None
