"""Mapswipe's manager backend as its web client speaks to it: CSRF cookie, sign-in by Firebase, GraphQL.

`POST /sandbox/trouble {"kind", "times", "at"}` makes the next requests go wrong: `down` (502), `refuse_login`, `errors`
(of GraphQL), `html`, `slow`, `huge`; done, but `lose_answer` or `hold` (until the next trouble). `GET /sandbox/trouble`
tells how many are held. `POST /sandbox/finish/{id}` ends a project, `GET /sandbox/projects` shows what was kept.
"""

import json
import re
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from graphql import build_schema, graphql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stack.sandbox.mapswipe import COOKIE, EMAIL, MANAGER, PASSWORD
from stack.sandbox.mapswipe.projects import Projects
from stack.sandbox.mapswipe.trouble import BEFORE, Trouble, broken, instead
from stack.sandbox.web import application

TOKEN, SESSION = "a-firebase-token", "mapswipe-session"
SCHEMA = build_schema(Path(__file__).with_name("schema.graphql").read_text())
_FIELD = re.compile(r"\{\s*(\w+)")
Json = dict[str, Any]


def app(url: str) -> Starlette:
    """`url` is where this server is found."""
    return Mapswipe(url).application()


class Mapswipe:
    def __init__(self, url: str) -> None:
        self.projects = Projects(url)
        self.sessions: set[str] = set()
        self.trouble = Trouble()

    def application(self) -> Starlette:
        routes = [
            Route("/health-check/", self.health), Route("/firebase/signIn", self.firebase, methods=["POST"]),
            Route("/firebase-auth/", self.login, methods=["POST"]), Route("/graphql/", self.graphql, methods=["POST"]),
            Route("/exports/{project_id}/{name}", self.export),
            Route("/sandbox/trouble", self.make_trouble, methods=["POST"]),
            Route("/sandbox/trouble", self.show_trouble),
            Route("/sandbox/finish/{project_id}", self.finish, methods=["POST"]),
            Route("/sandbox/projects", self.show),
        ]  # fmt: skip
        return application(routes)

    async def health(self, request: Request) -> Response:
        return await self._step("health", _with_csrf(JSONResponse({"status": "ok"})))

    async def firebase(self, request: Request) -> Response:
        asked = await request.json()
        wanted = {"returnSecureToken": True, "clientType": "CLIENT_TYPE_WEB", "email": EMAIL, "password": PASSWORD}
        if asked != wanted or request.headers.get("origin") != MANAGER:
            return JSONResponse({"error": {"code": 400, "message": "INVALID_LOGIN_CREDENTIALS"}}, 400)
        return await self._step("signIn", JSONResponse({"idToken": TOKEN, "expiresIn": "3600"}))

    async def login(self, request: Request) -> Response:
        """Signing in changes the CSRF token, as Django does."""
        if not _from_our_page(request) or (await request.json()).get("token") != TOKEN:
            return JSONResponse({"detail": "CSRF or token"}, 403)
        response, session = JSONResponse({"ok": True}), secrets.token_hex(16)
        self.sessions.add(session)
        response.set_cookie(SESSION, session)
        return await self._step("login", _with_csrf(response))

    async def _step(self, step: str, response: Response) -> Response:
        kind = self.trouble.take(step, *BEFORE)
        wrong = await instead(kind) if kind else None
        return wrong or await self._after_trouble(step, response)

    async def _after_trouble(self, step: str, response: Response) -> Response:
        """Returns the response, unless the fault is to hold or lose it."""
        if self.trouble.take(step, "hold"):
            await self.trouble.hold()
        return broken() if self.trouble.take(step, "lose_answer") else response

    async def graphql(self, request: Request) -> Response:
        if not _from_our_page(request) or request.cookies.get(SESSION) not in self.sessions:
            return JSONResponse({"detail": "not signed in"}, 403)
        asked = await _asked(request)
        found = _FIELD.search(asked["query"])
        step = found.group(1) if found else ""
        kind = self.trouble.take(step, *BEFORE)
        if wrong := await instead(kind) if kind else None:
            return wrong
        done = await graphql(SCHEMA, asked["query"], self.projects, variable_values=asked["variables"])
        return await self._after_trouble(step, JSONResponse(done.formatted))

    async def export(self, request: Request) -> Response:
        return Response("task_id,user_id,result\n1,7,1\n", media_type="text/csv")

    async def make_trouble(self, request: Request) -> JSONResponse:
        self.trouble.over.set()
        self.trouble = Trouble(**await request.json())
        return JSONResponse({})

    async def show_trouble(self, request: Request) -> JSONResponse:
        return JSONResponse({"kind": self.trouble.kind, "times": self.trouble.times, "held": self.trouble.held})

    async def finish(self, request: Request) -> JSONResponse:
        self.projects.kept[request.path_params["project_id"]].status = "FINISHED"
        return JSONResponse({})

    async def show(self, request: Request) -> JSONResponse:
        kept = [asdict(project) | {"made": project.made.isoformat()} for project in self.projects.kept.values()]
        return JSONResponse(kept)


def _with_csrf(response: Response) -> Response:
    response.set_cookie(COOKIE, secrets.token_hex(16))
    return response


def _from_our_page(request: Request) -> bool:
    token = request.cookies.get(COOKIE)
    return bool(token) and request.headers.get("x-csrftoken") == token and request.headers.get("origin") == MANAGER


async def _asked(request: Request) -> Json:
    """The operation; by the GraphQL multipart specification where a file comes along, which then is in its place."""
    if not request.headers["content-type"].startswith("multipart/form-data"):
        return await request.json()
    async with request.form() as form:
        asked, places = json.loads(str(form["operations"])), json.loads(str(form["map"]))
        if places != {"coverImage": ["variables.data.file"]}:
            raise ValueError("the map names no file of the asset")
        asked["variables"]["data"]["file"] = await form["coverImage"].read()  # type: ignore[union-attr]
        return asked
