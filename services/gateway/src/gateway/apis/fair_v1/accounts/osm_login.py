"""`/auth/login/`, `/auth/callback/`: login at OpenStreetMap in two steps; between them the frontend redirects the
browser."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.apis.fair_v1.dialect import V1
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.identity.providers.osm import OsmLogin
from kit.errors import Invalid, NotFound

routes = Routes("auth", V1)
Part = Annotated[str, Query(max_length=1024)]


NOT_KEPT = {"cache-control": "no-store"}


class LoginAddress(BaseModel):
    login_url: str


class AccessToken(BaseModel):
    access_token: str


@routes.get("/auth/login/", Policy.OPEN, LoginAddress, refuses={404: "This deployment has no login at OpenStreetMap."})
async def osm_login(request: Request) -> Response:
    return JSONResponse({"login_url": _login(request).address()}, headers=NOT_KEPT)


@routes.get(
    "/auth/callback/", Policy.OPEN, AccessToken,
    refuses={404: "This deployment has no login at OpenStreetMap.", 502: "OpenStreetMap does not answer."},
)  # fmt: skip
async def osm_callback(request: Request, code: Part = "", state: Part = "") -> Response:
    """Takes the `code` and `state` that OpenStreetMap added to the redirect. The returned token goes into the header
    `access-token`."""
    missing = {name: ["This field is required."] for name, value in (("code", code), ("state", state)) if not value}
    if missing:
        raise Invalid("login_incomplete", "Invalid request data", **missing)
    return JSONResponse({"access_token": await _login(request).access_token(code, state)}, headers=NOT_KEPT)


def _login(request: Request) -> OsmLogin:
    login = request_context(request).app.osm
    if login is None:
        raise NotFound("osm_login_off", "This deployment has no login at OpenStreetMap.")
    return login
