"""Routes as v1 clients know them: who may not write is told 403, never 401."""

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from contracts.shared import Actor
from gateway.policy import SAFE, Rule
from gateway.problems import MEDIA, on_domain_error, on_invalid
from gateway.routing import DoorRoute, Routes
from kit.errors import DomainError, Forbidden, Unauthenticated


class EarlyRule(Rule):
    def forbids(self, method: str) -> bool:
        return super().forbids(method) or not (self.is_free(method) or method in SAFE)

    def admit(self, actor: Actor, method: str) -> None:
        try:
            super().admit(actor, method)
        except Unauthenticated as error:
            if method in SAFE:
                raise
            raise Forbidden(error.code, error.detail) from error


class EarlyRoutes(Routes):
    """Operations are named `v1_…`, so that they do not clash with those of today."""

    rule = EarlyRule
    deprecated = True

    def __init__(self, tag: str, prefix: str = "/api/v1") -> None:
        super().__init__(f"v1 {tag}", prefix)

    def into(self, app: FastAPI) -> None:
        for path, endpoint, options in self.added:
            name = options.get("name", endpoint.__name__)
            app.router.add_api_route(path, endpoint, **{**options, "name": f"v1_{name}"})


class CodedRoute(DoorRoute):
    """Refusals carry `code` and `message` at the top too, beside the members of every problem."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        run = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await run(request)
            except DomainError as error:
                response = await on_domain_error(request, error)
            except RequestValidationError as error:
                response = await on_invalid(request, error)
            return coded(response) if response.media_type == MEDIA else response

        return handle


class CodedRoutes(EarlyRoutes):
    """For clients that look at `code` whatever the answer is."""

    def route_class(self) -> type[DoorRoute]:
        return CodedRoute


def coded(response: Response) -> Response:
    body = orjson.loads(response.body)
    code = "NOT_FOUND" if response.status_code == 404 else body["error"]["code"]
    response.body = orjson.dumps({"code": code, "message": body["detail"], **body})
    response.headers["content-length"] = str(len(response.body))
    return response
