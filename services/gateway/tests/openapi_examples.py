"""Whether an answer is one that the OpenAPI document tells of."""

from typing import Any

import httpx
from fastapi import FastAPI
from starlette.routing import Match

from gateway.http.policy_route import PolicyRoute
from gateway.openapi.refusals import refusals

BEFORE_THE_ROUTE = {405, 431}
"""What the edge and the router answer for all of them."""


def undeclared(app: FastAPI, response: httpx.Response) -> str | None:
    """In words; None for what is declared and for addresses without an operation."""
    request = response.request
    scope: dict[str, Any] = {"type": "http", "method": request.method, "path": request.url.path, "root_path": ""}
    found = (route for route in app.routes if isinstance(route, PolicyRoute) and route.matches(scope)[0] is Match.FULL)
    route = next(found, None)
    if route is None or response.status_code in {*declared(route), *BEFORE_THE_ROUTE}:
        return None
    return f"{request.method} {route.path} does not declare {response.status_code}: {response.headers}"


def declared(route: PolicyRoute) -> set[int]:
    return {int(status) for status in route.responses} | set(refusals(route)) | {route.status_code or 200}
