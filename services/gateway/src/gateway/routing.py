"""How routes are declared and run.

`Routes` collects them; `into` puts them flat into the application (a router included by FastAPI is resolved anew on
each request). Each route checks in this order: who asks, may they, how often, is the body JSON; then its handler runs
under the deadline.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from opentelemetry import trace
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.base import Command
from gateway.auth.identity import NOBODY
from gateway.body import JsonRequest
from gateway.call import Call
from gateway.edge import HEADERS
from gateway.limits.throttle import throttle
from gateway.outcomes import successes
from gateway.policy import SAFE, Policy, Rule

Endpoint = Callable[..., Any]
Sends = type[Command] | tuple[type[Command], ...]
NOTHING: Mapping[int, str | None] = {}


class Routes:
    """Routes of one aggregate. `model` documents the answer with `status`, `responses` others than that;
    answers are passed through unchecked. `sends`: the commands that a request becomes, and no others. `refuses`: what
    may be refused beyond what follows from the rest, and None for what follows but never happens."""

    rule: type[Rule] = Rule
    deprecated = False

    def __init__(self, tag: str, prefix: str = "/api/v1") -> None:
        self.tag, self.prefix = tag, prefix
        self.added: list[tuple[str, Endpoint, dict[str, Any]]] = []

    def route_class(self) -> "type[DoorRoute]":
        return DoorRoute

    def add(
        self, method: str, path: str, policy: Policy, model: Any = None, status: int = 200,
        scope: str | None = "default", deadline: float | None = None, most: int | None = None, sends: Sends = (),
        refuses: Mapping[int, str | None] = NOTHING, **options: Any,
    ) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
        rule = self.rule(policy, scope, deadline, most, sends if isinstance(sends, tuple) else (sends,))
        options = {
            "methods": [method], "status_code": status, "response_class": Response, "response_model": None,
            "tags": [self.tag], "deprecated": self.deprecated or None,
            "route_class_override": partial(self.route_class(), rule=rule, refuses=refuses), **options,
            "responses": successes(rule, model, status) | options.get("responses", {}),
        }  # fmt: skip

        def register(endpoint: Endpoint) -> Endpoint:
            self.added.append((self.prefix + path, endpoint, options))
            return endpoint

        return register

    def get(self, path: str, policy: Policy, model: Any = None, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self.add("GET", path, policy, model, **options)

    def post(self, path: str, policy: Policy, model: Any = None, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self.add("POST", path, policy, model, **options)

    def patch(self, path: str, policy: Policy, model: Any = None, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self.add("PATCH", path, policy, model, **options)

    def put(self, path: str, policy: Policy, model: Any = None, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self.add("PUT", path, policy, model, **options)

    def delete(self, path: str, policy: Policy, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self.add("DELETE", path, policy, None, **{"status": 204, **options})

    def into(self, app: FastAPI) -> None:
        for path, endpoint, options in self.added:
            app.router.add_api_route(path, endpoint, **options)


class DoorRoute(APIRoute):
    """Matches with and without a slash at the end."""

    def __init__(self, *args: Any, rule: Rule, refuses: Mapping[int, str | None] = NOTHING, **options: Any) -> None:
        self.rule, self.refuses = rule, refuses
        super().__init__(*args, **options)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$").removesuffix("/") + "/?$")

    def get_route_handler(self) -> Callable[[Request], Any]:
        run, rule, wants_json = super().get_route_handler(), self.rule, self.body_field is not None
        name = f"{'|'.join(sorted(self.methods or ()))} {self.path}"

        async def handle(plain: Request) -> Response:
            request = JsonRequest(plain.scope, plain.receive, plain._send) if wants_json else plain
            trace.get_current_span().update_name(name)
            door = plain.scope["app"].state.door
            async with asyncio.timeout(rule.deadline or door.settings.deadline):
                allowance = await _admitted(door, request, rule)
                if wants_json:
                    _check_type(request.scope[HEADERS])
                if rule.most is not None:
                    await _check_size(request, rule.most)
                response = await run(request)
            if allowance:
                response.raw_headers += [(k.encode(), v.encode()) for k, v in allowance.headers.items()]
            return response

        return handle


async def _admitted(door: Any, request: Request, rule: Rule) -> Any:
    """What is left of the limit that counts, None without one. Unauthenticated comes before anything else."""
    method, headers, who = request.scope["method"], request.scope[HEADERS], NOBODY
    if rule.policy is not Policy.OPEN:
        who = await door.provider.who(headers, method not in SAFE)
    request.scope["fairway.call"] = Call(door, who, headers, rule)
    rule.admit(who.actor, method)
    if rule.is_grave(method):
        await door.provider.confirm(headers)
    return await throttle(door, request, who.actor, rule.scope) if rule.scope else None


async def _check_size(request: Request, most: int) -> None:
    """400, as the old clients know it, for a body that is not even parsed; no more of it is read than that takes."""
    refused = HTTPException(400, f"Request body must be at most {most} bytes.")
    if int(request.scope[HEADERS].get("content-length", "0")) > most:
        raise refused
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise refused
    request._body = bytes(body)


def _check_type(headers: Mapping[str, str]) -> None:
    """415 for a body that does not call itself JSON."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if not (empty or kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
        raise HTTPException(415, "The body must be application/json.")
