"""Mapswipe's manager backend as its web client speaks to it: CSRF cookie, sign-in by Firebase, GraphQL.

`POST /sandbox/trouble {"kind", "times"}` makes the next requests go wrong: `down` (502), `refuse_login`, `errors` (a
GraphQL refusal), `lose_answer` (done, then the connection breaks), `slow`, `huge`. `POST /sandbox/finish/{id}` ends a
project, `GET /sandbox/projects` shows what was kept.
"""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from stack.sandbox.web import application

COOKIE, TOKEN, SESSION = "MAPSWIPE-SANDBOX-CSRF", "a-firebase-token", "mapswipe-session"
MANAGER = "https://manager.mapswipe.example"
EMAIL, PASSWORD = "fairway@mapswipe.example", "sandbox-password"
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
Json = dict[str, Any]


@dataclass
class Project:
    id: str
    client_id: str
    data: Json
    status: str = "DRAFT"
    cover: int = 0
    """Bytes of the cover image."""
    features: int = 0
    firebase_id: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass
class Trouble:
    kind: str = ""
    times: int = 0

    def take(self, *kinds: str) -> str:
        """The kind of trouble this request is in, if it is one of those."""
        if self.times and self.kind in kinds:
            self.times -= 1
            return self.kind
        return ""


def app() -> Starlette:
    return Mapswipe().application()


class Mapswipe:
    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.assets: dict[str, str] = {}
        self.sessions: set[str] = set()
        self.trouble = Trouble()

    def application(self) -> Starlette:
        routes = [
            Route("/health-check/", self.health), Route("/firebase/signIn", self.firebase, methods=["POST"]),
            Route("/firebase-auth/", self.login, methods=["POST"]), Route("/graphql/", self.graphql, methods=["POST"]),
            Route("/exports/{project_id}/{name}", self.export),
            Route("/sandbox/trouble", self.make_trouble, methods=["POST"]),
            Route("/sandbox/finish/{project_id}", self.finish, methods=["POST"]),
            Route("/sandbox/projects", self.show),
        ]  # fmt: skip
        return application(routes)

    async def health(self, request: Request) -> Response:
        if self.trouble.take("down"):
            return Response("bad gateway", 502)
        response = JSONResponse({"status": "ok"})
        response.set_cookie(COOKIE, secrets.token_hex(16))
        return response

    async def firebase(self, request: Request) -> JSONResponse:
        asked = await request.json()
        wanted = {"returnSecureToken": True, "clientType": "CLIENT_TYPE_WEB", "email": EMAIL, "password": PASSWORD}
        if self.trouble.take("refuse_login") or asked != wanted or request.headers.get("origin") != MANAGER:
            return JSONResponse({"error": {"code": 400, "message": "INVALID_LOGIN_CREDENTIALS"}}, 400)
        return JSONResponse({"idToken": TOKEN, "expiresIn": "3600"})

    async def login(self, request: Request) -> JSONResponse:
        if not _from_our_page(request) or (await request.json()).get("token") != TOKEN:
            return JSONResponse({"detail": "CSRF or token"}, 403)
        response, session = JSONResponse({"ok": True}), secrets.token_hex(16)
        self.sessions.add(session)
        response.set_cookie(SESSION, session)
        return response

    async def graphql(self, request: Request) -> Response:
        if not _from_our_page(request) or request.cookies.get(SESSION) not in self.sessions:
            return JSONResponse({"detail": "not signed in"}, 403)
        if kind := self.trouble.take("down", "errors", "slow", "huge"):
            return await _in_trouble(kind)
        asked, cover = await _asked(request)
        name = re.search(r"\{\s*(\w+)", asked["query"])
        answer = await getattr(self, f"_{name.group(1)}")(asked["variables"], cover) if name else None
        if self.trouble.take("lose_answer"):
            return StreamingResponse(_broken(), media_type="application/json", headers={"content-length": "1000"})
        return JSONResponse({"data": {name.group(1): answer}} if name else {"errors": [{"message": "no operation"}]})

    async def _createProject(self, given: Json, cover: int) -> Json:
        """The same `clientId` is the same project."""
        data = given["data"]
        if not _ULID.fullmatch(data["clientId"]) or data["projectType"] != "VALIDATE":
            return _refused("clientId must be a ULID")
        for project in self.projects.values():
            if project.client_id == data["clientId"]:
                return _done(project.id)
        project = Project(str(len(self.projects) + 1), data["clientId"], data)
        self.projects[project.id] = project
        return _done(project.id)

    async def _createProjectAsset(self, given: Json, cover: int) -> Json:
        data = given["data"]
        project = self.projects.get(data["project"])
        if project is None or data["inputType"] != "COVER_IMAGE" or not cover:
            return _refused("a cover image of a project is needed")
        project.cover = cover
        asset_id = f"asset-{project.id}"
        self.assets[asset_id] = project.id
        return _done(asset_id)

    async def _updateProject(self, given: Json, cover: int) -> Json:
        project = self.projects.get(given["pk"])
        if project is None or self.assets.get(given["data"]["image"]) != project.id:
            return _refused("no such project or image")
        if given["data"]["clientId"] != project.client_id:
            return _refused("clientId is another project's")
        project.data |= given["data"]
        return _done(project.id)

    async def _updateProjectStatus(self, given: Json, cover: int) -> Json:
        """READY_TO_PROCESS fetches the features as the real one does some time later."""
        project = self.projects[given["pk"]]
        source = project.data["projectTypeSpecifics"]["validate"]["objectSource"]
        async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as http:
            answer = await http.get(source["objectGeojsonUrl"])
        project.features = len(answer.json()["features"]) if answer.is_success else 0
        project.status = "READY" if project.features else "PROCESSING_FAILED"
        return _done(project.id)

    async def _project(self, given: Json, cover: int) -> Json | None:
        project = self.projects.get(given["id"])
        if project is None:
            return None
        shown = {key: project.data.get(key) for key in ("topic", "region", "lookFor", "description")}
        return {"id": project.id, "firebaseId": project.firebase_id, "status": project.status, **shown}

    async def _publicProject(self, given: Json, cover: int) -> Json | None:
        if (project := self.projects.get(given["id"])) is None or project.status != "FINISHED":
            return None
        return {name: {"file": {"name": f"{name}.csv", "url": f"/exports/{project.id}/{name}"}}
                for name in ("exportResults", "exportAggregatedResultsWithGeometry")}  # fmt: skip

    async def export(self, request: Request) -> Response:
        return Response("task_id,user_id,result\n1,7,1\n", media_type="text/csv")

    async def make_trouble(self, request: Request) -> JSONResponse:
        self.trouble = Trouble(**await request.json())
        return JSONResponse(asdict(self.trouble))

    async def finish(self, request: Request) -> JSONResponse:
        project = self.projects[request.path_params["project_id"]]
        project.status = "FINISHED"
        return JSONResponse(asdict(project))

    async def show(self, request: Request) -> JSONResponse:
        return JSONResponse([asdict(project) for project in self.projects.values()])


def _from_our_page(request: Request) -> bool:
    token = request.cookies.get(COOKIE)
    return bool(token) and request.headers.get("x-csrftoken") == token and request.headers.get("origin") == MANAGER


async def _asked(request: Request) -> tuple[Json, int]:
    """The operation, by the GraphQL multipart specification where a file comes along, and the size of that file."""
    if not request.headers["content-type"].startswith("multipart/form-data"):
        return await request.json(), 0
    async with request.form() as form:
        places: dict[str, list[str]] = json.loads(str(form["map"]))
        key = next(k for k, v in places.items() if v == ["variables.data.coverImage"])
        return json.loads(str(form["operations"])), len(await form[key].read())  # type: ignore[union-attr]


async def _in_trouble(kind: str) -> Response:
    if kind == "errors":
        return JSONResponse({"errors": [{"message": "The organization does not exist."}]})
    if kind == "slow":
        await asyncio.sleep(5)
    if kind == "huge":
        return Response(b"[" + b" " * (4 << 20) + b"]", media_type="application/json")
    return Response("bad gateway", 502)


async def _broken() -> AsyncIterator[bytes]:
    yield b'{"data":'
    raise ConnectionResetError


def _done(identifier: str) -> Json:
    return {"result": {"id": identifier}, "errors": None, "ok": True}


def _refused(words: str) -> Json:
    return {"result": None, "errors": [{"messages": words}], "ok": False}
