"""OpenStreetMap's OAuth2 server and user profile.

`POST /person` sets the user at the browser (id, display_name, img), `POST /break` makes a path return a status; the
other routes are those of OpenStreetMap.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from stack.sandbox.web import application

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-client-secret"
"""the only registered application"""
PERSON = {"id": 4242, "display_name": "sandbox mapper", "img": "https://osm.example/mapper.png"}


@dataclass
class Osm:
    """`codes` are those not spent yet, with the redirect address they were made for; `broken` maps paths to status."""

    person: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    codes: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)

    async def authorize(self, request: Request) -> Response:
        """The user consents at once; the browser is redirected with a code."""
        asked = request.query_params
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code" or "redirect_uri" not in asked:
            raise HTTPException(400, "invalid_request")
        code = secrets.token_urlsafe(16)
        self.codes[code] = (asked["redirect_uri"], self.person)
        back = {"code": code} | ({"state": asked["state"]} if "state" in asked else {})
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def token(self, request: Request) -> JSONResponse:
        self._works(request)
        form = await request.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        redirect_uri, person = self.codes.pop(str(form.get("code")), (None, {}))
        if form.get("grant_type") != "authorization_code" or form.get("redirect_uri") != redirect_uri:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = secrets.token_urlsafe(24)
        self.tokens[token] = person
        return JSONResponse({"access_token": token, "token_type": "Bearer", "scope": "read_prefs"})

    async def details(self, request: Request) -> JSONResponse:
        self._works(request)
        person = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if person is None:
            raise HTTPException(401, "Couldn't authenticate you")
        picture = {"img": {"href": person["img"]}} if person.get("img") else {}
        user = {"id": person["id"], "display_name": person["display_name"], **picture}
        return JSONResponse({"version": "0.6", "user": user})

    async def become(self, request: Request) -> JSONResponse:
        self.person = await request.json()
        return JSONResponse(self.person)

    async def break_down(self, request: Request) -> JSONResponse:
        """Body: path → status; an empty body removes all faults."""
        self.broken = await request.json()
        return JSONResponse(self.broken)

    def _works(self, request: Request) -> None:
        status = self.broken.get(request.url.path)
        if status:
            raise HTTPException(status, "broken on purpose")


def app() -> Starlette:
    osm = Osm()
    return application(
        [
            Route("/oauth2/authorize", osm.authorize),
            Route("/oauth2/token", osm.token, methods=["POST"]),
            Route("/api/0.6/user/details.json", osm.details),
            Route("/person", osm.become, methods=["POST"]),
            Route("/break", osm.break_down, methods=["POST"]),
        ]
    )
