"""One route at run time: matching, checks in the order of its dialect, deadline, and HEAD."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from fastapi.routing import APIRoute
from opentelemetry import trace
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.checks import checks_of
from gateway.http.dialect import Dialect
from gateway.http.dispatch.endpoint_call import endpoint_call
from gateway.http.inputs.json_body import JsonRequest
from gateway.http.policy import Rule
from gateway.http.problems import MEDIA, as_dialect
from gateway.http.request_context import CONTEXT

Handler = Callable[[Request], Any]
Responses = dict[int | str, dict[str, Any]]
NOTHING: Mapping[int, str | None] = {}


class PolicyRoute(APIRoute):
    """Matches with and without a trailing slash. A GET route answers HEAD without the body (RFC 9110), unless a
    separate HEAD route precedes it."""

    def __init__(
        self, *args: Any, rule: Rule, dialect: Dialect, refuses: Mapping[int, str | None] = NOTHING,
        responses: Responses | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.rule, self.dialect, self.refuses = rule, dialect, refuses
        super().__init__(*args, **options)
        self.responses, self.app = responses or {}, _served(self._handler)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$").removesuffix("/") + "/?$")

    def describe_responses(self) -> None:
        """Builds the models of the responses, 13 KB a route, which only the OpenAPI document needs."""
        described = APIRoute(
            self.path, self.endpoint, responses=self.responses, status_code=self.status_code, response_model=None,
            generate_unique_id_function=lambda _: self.unique_id,
        )  # fmt: skip
        self.response_fields = described.response_fields

    @property
    def method(self) -> str:
        """Returns its one method. Raises ValueError for a route that was declared with another number of them."""
        (method,) = list(self.methods or ())
        return method

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches({**scope, "method": "GET"} if self._is_head_of_get(scope) else scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_head_of_get(scope):
            return await self.app(scope, receive, send)
        return await super().handle(scope, receive, send)

    def _is_head_of_get(self, scope: Scope) -> bool:
        return scope.get("method") == "HEAD" and "GET" in (self.methods or ())

    def get_route_handler(self) -> Handler:
        self.wants_json = self.body_field is not None
        self.query_names = query_names(self)
        self._handler = in_dialect(self._checked(endpoint_call(self)))
        return self._handler

    def _checked(self, run: Handler) -> Handler:
        """Runs the checks, then `run`, under the deadline."""
        checks, wants_json, large = checks_of(self), self.wants_json, self.rule.large
        deadline = self.rule.deadline or self.dialect.deadline
        name = f"{'|'.join(sorted(self.methods or ()))} {self.path}"

        async def handle(plain: Request) -> Response:
            request = JsonRequest(plain.scope, plain.receive, plain._send) if wants_json else plain
            if large and isinstance(request, JsonRequest):
                request.large_member = large.name
            trace.get_current_span().update_name(name)
            app = plain.scope["app"].state.context
            async with asyncio.timeout(deadline or app.settings.deadline):
                for check in checks:
                    if (waiting := check(self, app, request)) is not None:
                        await waiting
                response = await run(request)
            if allowance := plain.scope[CONTEXT].allowance:
                response.raw_headers += [(k.encode(), v.encode()) for k, v in allowance.headers.items()]
            return await _without_body(response) if plain.method == "HEAD" else response

        return handle


def _served(handle: Handler) -> ASGIApp:
    """Errors are answered by the handlers of the application, which are around every route."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def query_names(route: APIRoute) -> frozenset[str]:
    """Returns the names of the query parameters that the route takes, those of its models included."""
    found: set[str] = set()
    for parameter in route.dependant.query_params:
        fields = getattr(parameter.field_info.annotation, "model_fields", None)
        found |= {info.alias or name for name, info in fields.items()} if fields else {parameter.alias}
    return frozenset(found)


def in_dialect(handle: Handler) -> Handler:
    """Gives the refusals that a route returns the body of its dialect; those that it raises have it already."""

    async def run(request: Request) -> Response:
        response = await handle(request)
        return as_dialect(request, response) if response.media_type == MEDIA else response

    return run


async def _without_body(response: Response) -> Response:
    """Does not start a stream. A FileResponse omits its body itself, and knows its size only then."""
    if isinstance(response, FileResponse):
        return response
    if isinstance(response, StreamingResponse) and isinstance(response.body_iterator, AsyncGenerator):
        await response.body_iterator.aclose()
    bare = Response(status_code=response.status_code)
    bare.raw_headers = response.raw_headers
    return bare
