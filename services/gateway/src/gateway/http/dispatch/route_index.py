"""Finds the route of a request without asking some hundred regular expressions."""

from functools import cached_property

from fastapi import APIRouter
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

DEPTH = 3
"""Segments that are compared first: `/api/v1/aois` of `/api/v1/aois/{aoi_id}/`."""


class IndexedRouter(APIRouter):
    """Routes match in the order of their registration, as without the index; register all before the first request."""

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._match(scope) if scope["type"] == "http" else None
        if found is None:
            return await super().app(scope, receive, send)
        route, matched = found
        scope.update(matched, router=self)
        return await route.handle(scope, receive, send)

    def _match(self, scope: Scope) -> tuple[BaseRoute, Scope] | None:
        """Returns the first route of the path and the method, else the first of the path, which answers 405."""
        partial = None
        beginning = _segments(get_route_path(scope))
        for route in self._index.get(beginning, self._index[""]):
            match, matched = route.matches(scope)
            if match is Match.FULL:
                return route, matched
            if match is Match.PARTIAL and partial is None:
                partial = route, matched
        return partial

    @cached_property
    def _index(self) -> dict[str, list[BaseRoute]]:
        """Routes by the beginning of their paths; those that begin with a parameter belong to every beginning."""
        starts = {"": ""} | {start: start for route in self.routes if (start := _start(route))}
        return {start: [one for one in self.routes if _start(one) in ("", start)] for start in starts}


def _segments(path: str) -> str:
    return "/".join(path.split("/", DEPTH + 1)[: DEPTH + 1])


def _start(route: BaseRoute) -> str:
    """Returns the first segments of the path, nothing when a parameter is among them or they are fewer."""
    path = route.path if isinstance(route, Route) else ""
    start = _segments(path)
    return start if "{" not in start and start.count("/") == DEPTH and not start.endswith("/") else ""
