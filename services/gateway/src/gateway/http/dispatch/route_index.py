"""Finds the route of a request without asking some hundred regular expressions."""

from functools import cached_property

from fastapi import APIRouter
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

DEPTH = 3
"""Segments that are compared first: `/api/v1/aois` of `/api/v1/aois/{aoi_id}/`."""
ANY = -1
"""Number of segments of a route whose last parameter takes any number of them."""
ByDepth = dict[int, list[BaseRoute]]
"""Routes by the number of their segments; those of `ANY` are in each list."""


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
        path = get_route_path(scope)
        beginning, depth = _segments(path), _depth(path)
        routes = self._index.get(beginning, self._index[""])
        for route in routes.get(depth, routes[ANY]):
            match, matched = route.matches(scope)
            if match is Match.FULL:
                return route, matched
            if match is Match.PARTIAL and partial is None:
                partial = route, matched
        return partial

    @cached_property
    def _index(self) -> dict[str, ByDepth]:
        """Routes by the beginning of their paths; those that begin with a parameter belong to every beginning."""
        starts = {"": ""} | {start: start for route in self.routes if (start := _start(route))}
        return {start: _by_depth([one for one in self.routes if _start(one) in ("", start)]) for start in starts}


def _by_depth(routes: list[BaseRoute]) -> ByDepth:
    depths = {ANY, *map(_depth_of, routes)}
    return {depth: [one for one in routes if _depth_of(one) in (depth, ANY)] for depth in depths}


def _depth_of(route: BaseRoute) -> int:
    return _depth(route.path) if isinstance(route, Route) and ":path}" not in route.path else ANY


def _depth(path: str) -> int:
    """Returns the number of segments; a slash at the end adds none."""
    return path.count("/") - path.endswith("/")


def _segments(path: str) -> str:
    return "/".join(path.split("/", DEPTH + 1)[: DEPTH + 1])


def _start(route: BaseRoute) -> str:
    """Returns the first segments of the path, nothing when a parameter is among them or they are fewer."""
    path = route.path if isinstance(route, Route) else ""
    start = _segments(path)
    return start if "{" not in start and start.count("/") == DEPTH and not start.endswith("/") else ""
