"""Routes as v1 clients know them: who may not write is told 403, never 401."""

from fastapi import FastAPI

from contracts.shared import Actor
from gateway.policy import SAFE, Rule
from gateway.routing import Routes
from kit.errors import Forbidden, Unauthenticated


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
