"""The checks that a request passes before its body is parsed, one for each `Check` of a dialect."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import parse_qsl

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gateway.context import AppContext
from gateway.http.dialect import Check, Dialect
from gateway.http.limits.throttle import meter, network, throttle
from gateway.http.middleware import BODY, HEADERS
from gateway.http.policy import SAFE, Policy, Rule
from gateway.http.request_context import CONTEXT, RequestContext
from gateway.identity.provider import ANONYMOUS_IDENTITY, Identity
from kit.errors import DomainError, Forbidden, Unauthenticated

WITHOUT_BODY = {"GET", "HEAD"}
NUL_IN_QUERY = "Query parameters must not contain NUL characters."


class CheckedRoute(Protocol):
    """What the checks read of a `PolicyRoute`."""

    rule: Rule
    dialect: Dialect
    methods: Any
    include_in_schema: bool
    wants_json: bool
    query_names: frozenset[str]


Run = Callable[[CheckedRoute, AppContext, Request], Awaitable[None] | None]
"""Raises what is wrong. A check that waits for nothing returns None."""


def checks_of(route: CheckedRoute) -> list[Run]:
    """Returns the checks of a route in the order of its dialect, without those that cannot fail."""
    runs: dict[Check, Run] = {Check.CREDENTIALS: check_credentials}
    if route.include_in_schema:
        runs[Check.ADDRESS] = check_address
    if route.rule.scope:
        runs[Check.QUOTA] = check_quota
    if not route.methods <= WITHOUT_BODY:
        runs[Check.BODY] = check_body
    return [runs[check] for check in route.dialect.checks if check in runs]


async def check_credentials(route: CheckedRoute, app: AppContext, request: Request) -> None:
    """Raises Unauthenticated as often as one address may be answered so, then RateLimited; Forbidden. Sets the context
    of the request."""
    rule, method, headers = route.rule, request.scope["method"], request.scope[HEADERS]
    identity = await _identified(route, app, request)
    request.scope[CONTEXT] = RequestContext(app, identity, headers, rule)
    if identity.actor.is_anonymous and rule.waived_by and getattr(app.settings, rule.waived_by):
        return
    if identity.actor.is_anonymous and not rule.allows_anonymous(method):
        await throttle(app, request, identity.actor, "unauthenticated")
    try:
        rule.authorize(identity.actor, method)
    except Unauthenticated as error:
        raise _login_required(route, method, error) from error
    if rule.is_sensitive(method):
        await route.dialect.provider(app).verify_session(headers)


async def _identified(route: CheckedRoute, app: AppContext, request: Request) -> Identity:
    if route.rule.policy is Policy.OPEN:
        return ANONYMOUS_IDENTITY
    try:
        unsafe = request.scope["method"] not in SAFE
        return await route.dialect.provider(app).authenticate(request.scope[HEADERS], unsafe, network(request))
    except Unauthenticated:
        await throttle(app, request, ANONYMOUS_IDENTITY.actor, "unauthenticated")
        raise


def _login_required(route: CheckedRoute, method: str, error: Unauthenticated) -> DomainError:
    is_401 = method in SAFE or route.dialect.anonymous_write_status == 401
    return (Unauthenticated if is_401 else Forbidden)(error.code, error.detail)


async def check_quota(route: CheckedRoute, app: AppContext, request: Request) -> None:
    """Raises RateLimited. Keeps what is left for the headers of the response."""
    context: RequestContext = request.scope[CONTEXT]
    context.allowance = await throttle(app, request, context.identity.actor, route.rule.scope or "")


def check_address(route: CheckedRoute, app: AppContext, request: Request) -> None:
    """Raises 404, and invalid input for a query, for NUL characters: no text that is stored has any, so nothing is
    found by one."""
    scope = request.scope
    if "\0" in scope["path"]:
        raise HTTPException(404)
    if route.query_names and b"%00" in scope["query_string"]:
        raise RequestValidationError([{"type": "value_error", "loc": ("query",), "msg": NUL_IN_QUERY}])
    if route.dialect.unknown_query_status is not None:
        _check_query_names(route, scope["query_string"], route.dialect.unknown_query_status)


def _check_query_names(route: CheckedRoute, query: bytes, status: int) -> None:
    unknown = {name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)} - route.query_names
    if unknown:
        raise HTTPException(status, f"Unknown query parameters: {', '.join(sorted(unknown))}.")


async def check_body(route: CheckedRoute, app: AppContext, request: Request) -> None:
    """Raises 415 and 413, 400 where the rule of the route has a size of its own, and RateLimited."""
    if route.wants_json:
        check_type(request.scope[HEADERS])
    if route.rule.most is not None:
        await _check_size(request, route.rule.most)
    if BODY in request.scope:
        await _limit_body(route, app, request)


def check_type(headers: Mapping[str, str]) -> None:
    """Raises 415 for a body whose content type is not JSON."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if not (empty or kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
        raise HTTPException(415, "The body must be application/json.")


async def _check_size(request: Request, most: int) -> None:
    """Raises 400, as the old clients expect it, without parsing the body or reading more of it than needed."""
    refused = HTTPException(400, f"Request body must be at most {most} bytes.")
    if int(request.scope[HEADERS].get("content-length", "0")) > most:
        raise refused
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise refused
    request._body = bytes(body)


async def _limit_body(route: CheckedRoute, app: AppContext, request: Request) -> None:
    """By the route, and by what the caller has sent in this window. A body that does not state its length is counted
    when it has arrived."""
    limited, actor, rule = request.scope[BODY], request.scope[CONTEXT].identity.actor, route.rule
    if rule.large:
        limited.allow(rule.large.most)
    elif rule.body is not None and rule.most is None:
        limited.allow(min(rule.body, app.settings.max_body))
    length = request.scope[HEADERS].get("content-length")
    if length is None and route.wants_json:
        length = str(len(await request.body()))
    if length is None:
        limited.ended = partial(meter, app, request, actor)
    else:
        await meter(app, request, actor, int(length) if length.isdecimal() else 0)
