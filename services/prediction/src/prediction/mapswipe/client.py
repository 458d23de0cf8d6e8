"""Mapswipe's backend, spoken to as its web client does: CSRF cookie, sign-in by Firebase, GraphQL.

Every connection goes through the checked transport of `kit.http.outbound`; answers are capped and every exchange has
a limit.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from kit.http.outbound import OutboundError
from kit.http.outbound.address import allowed
from kit.http.outbound.body import read
from kit.http.outbound.transport import CheckedTransport
from prediction.mapswipe import graphql
from prediction.mapswipe.error_texts import refusal_text
from prediction.mapswipe.settings import MapswipeSettings

TIMEOUT = 30.0
MAX_ANSWER_BYTES = 1 << 20
RECENT_PROJECTS = 200
"""Projects among which one's own is looked for; Mapswipe gets a few new ones a day."""
UNREADABLE = "Mapswipe gave an unreadable answer."
Json = dict[str, Any]


class MapswipeError(Exception):
    """In words for the person who pushed. `transient`: worth another try."""

    def __init__(self, words: str, transient: bool = False) -> None:
        super().__init__(words)
        self.transient = transient


class Mapswipe:
    def __init__(self, settings: MapswipeSettings, allow: str, limit: float = TIMEOUT) -> None:
        self.settings, self.allow, self.limit = settings, allowed(allow), limit

    @asynccontextmanager
    async def session(self) -> AsyncIterator["Session"]:
        """Signed in. MapswipeError."""
        headers = {"origin": self.settings.mapswipe_manager, "accept-encoding": "identity"}
        transport = CheckedTransport(self.allow)
        async with httpx.AsyncClient(transport=transport, timeout=self.limit, headers=headers, trust_env=False) as http:
            session = Session(http, self.settings, self.limit)
            await session.sign_in()
            yield session


class Session:
    def __init__(self, http: httpx.AsyncClient, settings: MapswipeSettings, limit: float) -> None:
        self.http, self.settings, self.limit = http, settings, limit

    async def sign_in(self) -> None:
        backend, password = self.settings.mapswipe_backend, self.settings.mapswipe_password.get_secret_value()
        await self._exchange("GET", f"{backend}/health-check/")
        account = {"returnSecureToken": True, "email": self.settings.mapswipe_username, "password": password,
                   "clientType": "CLIENT_TYPE_WEB"}  # fmt: skip
        signed = _json(await self._exchange("POST", self.settings.mapswipe_auth_url, json=account))
        if not isinstance(token := signed.get("idToken"), str):
            raise MapswipeError("Mapswipe's sign-in gave no token.")
        await self._exchange("POST", f"{backend}/firebase-auth/", json={"token": token}, headers=self._csrf())

    async def create_project(self, data: Json) -> str:
        """Client ids are unique there: one that a try used up whose answer was lost names the project it made."""
        try:
            return await self._changed("createProject", graphql.CREATE, {"data": data})
        except MapswipeError as problem:
            found = None if problem.transient else await self._made(data["clientId"])
            if found is None:
                raise
            return found

    async def _made(self, client_id: str) -> str | None:
        latest = await self._asked("projects", json={"query": graphql.LATEST, "variables": {"limit": RECENT_PROJECTS}})
        rows = [_object(row) for row in latest.get("results") or ()]
        return next((str(row["id"]) for row in rows if row.get("clientId") == client_id), None)

    async def add_cover(self, client_id: str, project_id: str, image: bytes) -> str:
        """By the GraphQL multipart specification. `image` is a JPEG."""
        data = {"inputType": "COVER_IMAGE", "clientId": client_id, "project": project_id, "file": None}
        operation = orjson.dumps({"query": graphql.ADD_ASSET, "variables": {"data": data}}).decode()
        form = {"operations": operation, "map": '{"coverImage": ["variables.data.file"]}'}
        files = {"coverImage": ("cover.jpg", image, "image/jpeg")}
        return _identifier(await self._asked("createProjectAsset", data=form, files=files))

    async def update_project(self, project_id: str, data: Json) -> None:
        await self._changed("updateProject", graphql.UPDATE, {"pk": project_id, "data": data})

    async def set_status(self, project_id: str, client_id: str, status: str) -> None:
        data = {"clientId": client_id, "status": status}
        await self._changed("updateProjectStatus", graphql.SET_STATUS, {"pk": project_id, "data": data})

    async def details(self, project_id: str) -> Json:
        body = {"query": graphql.DETAILS, "variables": {"id": project_id}}
        return await self._asked("project", json=body)

    async def results(self, project_id: str) -> Json | None:
        """`{exportResults, exportAggregatedResultsWithGeometry}`, each `{name, url}`, as far as they are there."""
        found = await self._asked("publicProject", json={"query": graphql.RESULTS, "variables": {"id": project_id}})
        return {name: _object(export)["file"] for name, export in found.items() if export} or None

    async def _changed(self, name: str, query: str, variables: Json) -> str:
        return _identifier(await self._asked(name, json={"query": query, "variables": variables}))

    async def _asked(self, name: str, **body: Any) -> Json:
        url = f"{self.settings.mapswipe_backend}/graphql/"
        answer = _json(await self._exchange("POST", url, headers=self._csrf(), **body))
        if answer.get("errors"):
            raise MapswipeError(refusal_text(answer["errors"]))
        return _object(_object(answer.get("data")).get(name))

    def _csrf(self) -> dict[str, str]:
        """The token of the newest cookie of that name; signing in changes it."""
        cookies = [cookie for cookie in self.http.cookies.jar if cookie.name == self.settings.mapswipe_csrf]
        return {"x-csrftoken": (cookies[-1].value or "") if cookies else ""}

    async def _exchange(self, method: str, url: str, **extra: Any) -> bytes:
        try:
            async with asyncio.timeout(self.limit), self.http.stream(method, url, **extra) as response:
                _check_status(response.status_code)
                return await read(response, MAX_ANSWER_BYTES)
        except OutboundError as error:
            raise MapswipeError(f"Mapswipe: {error}", error.transient) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise MapswipeError("Mapswipe does not answer in time.", True) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise MapswipeError("Mapswipe cannot be reached.", True) from error


def _check_status(status: int) -> None:
    if status >= 500 or status in (408, 425, 429):
        raise MapswipeError(f"Mapswipe answers with an error (HTTP {status}).", True)
    if status >= 300:
        raise MapswipeError(f"Mapswipe refuses our account or the request (HTTP {status}).")


def _json(content: bytes) -> Json:
    try:
        return _object(orjson.loads(content))
    except orjson.JSONDecodeError as error:
        raise MapswipeError(UNREADABLE, True) from error


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise MapswipeError(UNREADABLE, True)
    return value


def _identifier(answer: Json) -> str:
    """Of what a mutation made. Its `errors` and `messages` count as a failure."""
    if answer.get("errors") or not answer.get("result"):
        raise MapswipeError(refusal_text(answer.get("errors") or answer.get("messages")))
    return str(_object(answer["result"]).get("id"))
