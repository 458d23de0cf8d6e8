"""What one public API does differently from the others.

Each API has a `Dialect` in its `dialect.py`. `PolicyRoute` reads it, and so do the problems, the pages and the OpenAPI
document of its routes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request

Body = dict[str, Any]


class Check(Enum):
    """What is checked before the body of a request is parsed."""

    ADDRESS = "address"
    """Path and query parameters, as far as all routes have the same rules for them."""
    CREDENTIALS = "credentials"
    """Who asks, and whether the policy of the route allows it."""
    QUOTA = "quota"
    """The rate limit; stands after CREDENTIALS, because users have limits of their own."""
    BODY = "body"
    """Content type and size; stands after CREDENTIALS, because bytes count for whoever sends them."""


@dataclass(frozen=True)
class Paging:
    """Query parameters of a list and members of its page."""

    limit: str = "limit"
    offset: str = "offset"
    count: str = "count"
    next: str = "next"
    previous: str = "previous"
    results: str = "results"


@dataclass(frozen=True)
class Dialect:
    """The defaults are the rules of the house; an API states what it does differently."""

    name: str
    tag_prefix: str = ""
    operation_prefix: str = ""
    """Both keep APIs apart in the OpenAPI document."""
    deprecated: bool = False
    invalid_status: int = 400
    invalid_body: Callable[[Sequence[Any], str], Body] | None = None
    """Returns the body of a validation error, given the errors of pydantic and the path of the request. None: a problem
    that maps fields to messages."""
    invalid_response: str | None = None
    """Name of that body among the shared responses of the OpenAPI document."""
    invalid_media: str = "application/json"
    """Content type of that body."""
    forbidden_status: int = 403
    """For a caller who is known and lacks the role that the route needs."""
    unknown_id_status: int = 404
    """For an id in the path that no row can have."""
    unknown_query_status: int | None = None
    """None: unknown query parameters are ignored."""
    error_body: Callable[[int, Body], Body] | None = None
    """Returns the body of any other refusal, given its status and its problem. None: the problem itself."""
    paging: Paging = Paging()
    error_model: type[BaseModel] | None = None
    """Schema of the errors in the OpenAPI document. None: the problem of the house."""
    schemes: tuple[str | tuple[str, ...], ...] = ("bearer", "cookie", "access-token")
    """Ways to log in, by their names in the OpenAPI document; those in one tuple are needed together."""
    credential_scope: str | None = None
    """Which credentials with limited scopes reach the routes, where a route names no scope of its own."""
    provider: Callable[[Any], Any] = attrgetter("provider")
    """Returns the provider that authenticates, given the `AppContext`."""
    anonymous_write_status: int = 401
    """401 or 403, for a write without the login that it needs."""
    checks: tuple[Check, ...] = (Check.CREDENTIALS, Check.QUOTA, Check.ADDRESS, Check.BODY)
    """The order of the checks."""
    has_pending_writes: bool = True
    """Whether a write that its owner has not decided is 202. False: it is 503, because its callers cannot ask for its
    verdict later."""
    deadline: float | None = None
    """Seconds. None: REQUEST_DEADLINE of the deployment. A route may have its own."""
    deadline_status: int = 503


HOUSE = Dialect("house")
"""For requests that no route takes."""


def dialect_of(request: Request) -> Dialect:
    """Returns the dialect of the route that the request was matched to. Without one: that of the API which alone has
    routes of the same resource, else HOUSE."""
    return getattr(request.scope.get("route"), "dialect", None) or _of_resource(request)


def _of_resource(request: Request) -> Dialect:
    wanted, routes = _resource(request.scope["path"]), request.app.routes
    found = {route.dialect for route in routes if hasattr(route, "dialect") and _resource(route.path) == wanted}
    return found.pop() if len(found) == 1 else HOUSE


def _resource(path: str) -> str:
    """`/api/v1/campaigns/7/images` → `/api/v1/campaigns`."""
    return "/".join(path.split("/")[:4])
