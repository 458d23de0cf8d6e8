"""`/auth/login/`, `/auth/callback/`: OpenStreetMap's login in two steps, of which the frontend takes the middle one."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.auth.osm import OsmLogin
from gateway.call import call_of
from gateway.policy import Policy
from gateway.v1.routes import EarlyRoutes
from kit.errors import Invalid, NotFound

routes = EarlyRoutes("auth")
Part = Annotated[str, Query(max_length=4096)]


class LoginAddress(BaseModel):
    login_url: str


class AccessToken(BaseModel):
    access_token: str


@routes.get("/auth/login/", Policy.OPEN, LoginAddress, refuses={404: "There is no login at OpenStreetMap here."})
async def osm_login(request: Request) -> Response:
    return JSONResponse({"login_url": _login(request).address()})


@routes.get(
    "/auth/callback/", Policy.OPEN, AccessToken,
    refuses={404: "There is no login at OpenStreetMap here.", 502: "OpenStreetMap does not answer."},
)  # fmt: skip
async def osm_callback(request: Request, code: Part = "", state: Part = "") -> Response:
    """The page that OpenStreetMap sent back brings `code` and `state`; the answer's token goes into the header
    `access-token`."""
    missing = {name: ["This field is required."] for name, value in (("code", code), ("state", state)) if not value}
    if missing:
        raise Invalid("login_incomplete", "Invalid request data", **missing)
    return JSONResponse({"access_token": await _login(request).access_token(code, state)})


def _login(request: Request) -> OsmLogin:
    login = call_of(request).door.osm
    if login is None:
        raise NotFound("osm_login_off", "This deployment has no login at OpenStreetMap.")
    return login
