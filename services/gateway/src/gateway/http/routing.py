"""How routes are declared.

`Routes` collects them; `register` puts them flat into the application (FastAPI resolves a router that it includes anew
on each request).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from contracts.base import Command
from gateway.http.dialect import Dialect
from gateway.http.policy import SMALL_BODY, LargeMember, Policy, Rule
from gateway.http.policy_route import NOTHING, PolicyRoute
from gateway.openapi.responses import success_responses

Endpoint = Callable[..., Any]
Sends = type[Command] | tuple[type[Command], ...]


class Routes:
    """Routes of one resource of one API. `model` documents the response with `status`, `responses` all others;
    responses are passed through unchecked. `sends`: the only commands that a request may become. `refuses`: errors
    beyond those that follow from the rest of the declaration, and None for one that follows but cannot occur."""

    def __init__(self, tag: str, dialect: Dialect, prefix: str = "/api/v1") -> None:
        self.tag, self.dialect, self.prefix = f"{dialect.tag_prefix}{tag}", dialect, prefix
        self.added: list[tuple[str, Endpoint, dict[str, Any]]] = []

    def add(
        self, method: str, path: str, policy: Policy, model: Any = None, status: int = 200,
        scope: str | None = "default", deadline: float | None = None, most: int | None = None, sends: Sends = (),
        body: int | None = SMALL_BODY, large: LargeMember | None = None, credential_scope: str | None = None,
        waived_by: str | None = None, refuses: Mapping[int, str | None] = NOTHING, **options: Any,
    ) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
        commands = sends if isinstance(sends, tuple) else (sends,)
        permitted = credential_scope or self.dialect.credential_scope
        rule = Rule(policy, scope, deadline, most, commands, body, permitted, waived_by, large)
        options = {
            "methods": [method], "status_code": status, "response_class": Response, "response_model": None,
            "tags": [self.tag], "deprecated": self.dialect.deprecated or None,
            "route_class_override": partial(PolicyRoute, rule=rule, dialect=self.dialect, refuses=refuses), **options,
            "responses": success_responses(rule, model, status, self.dialect) | options.get("responses", {}),
        }  # fmt: skip

        def collect(endpoint: Endpoint) -> Endpoint:
            name = f"{self.dialect.operation_prefix}{options.get('name', endpoint.__name__)}"
            self.added.append((self.prefix + path, endpoint, {**options, "name": name}))
            return endpoint

        return collect

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

    def register(self, router: APIRouter) -> None:
        """Registers HEAD routes first, because a GET route answers HEAD as well."""
        for path, endpoint, options in sorted(self.added, key=lambda added: added[2]["methods"] != ["HEAD"]):
            router.add_api_route(path, endpoint, **options)
