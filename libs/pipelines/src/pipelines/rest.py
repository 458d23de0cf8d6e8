"""ZenML's REST API as JSON in and out: login by API key, retries, one error type for everything that time may cure."""

import asyncio
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from pipelines.port import PipelinesDown

TIMEOUT = httpx.Timeout(15, connect=3)


class Refused(Exception):
    """The server understood and said no; `kind` is ZenML's name of the exception, e.g. `KeyError`."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


class Rest:
    """Safe to share between tasks. Every call is repeated on connection errors and 5xx until `patience` seconds have
    gone: those made here (reads, PUT of a state, stop) may all be done twice."""

    def __init__(self, url: str, api_key: str, patience: float, token: str | None = None) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url.rstrip('/')}/api/v1", timeout=TIMEOUT, trust_env=False)
        self._api_key, self._patience, self._login_lock = api_key, patience, asyncio.Lock()
        self._use(token)

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, **params: Any) -> Any:
        return await self._call("GET", path, params=params)

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        return await self._call("PUT", path, json=body)

    async def post(self, path: str, **params: Any) -> Any:
        return await self._call("POST", path, params=params)

    async def _call(self, method: str, path: str, **content: Any) -> Any:
        return await _retrying(self._patience)(self._once, method, path, **content)

    async def _once(self, method: str, path: str, **content: Any) -> Any:
        try:
            token = self._token or await self._login(None)
            answer = await self._http.request(method, path, **content)
            if answer.status_code == 401:
                await self._login(token)
                answer = await self._http.request(method, path, **content)
            return _body(answer)
        except (httpx.TransportError, ValueError) as error:
            raise _silent(error) from error

    async def _login(self, refused: str | None) -> str:
        """Costs the server a password hash, 0.5 s of a core: of all tasks whose token was refused one signs in."""
        async with self._login_lock:
            if self._token and self._token != refused:
                return self._token
            form = {"grant_type": "zenml-api-key", "password": self._api_key}
            answer = await self._http.post("/login", data=form, headers={"Authorization": ""})
            if answer.status_code in (401, 403):
                raise PipelinesDown("The pipeline server refuses the API key.")
            return self._use(_body(answer)["access_token"])

    def _use(self, token: str | None) -> str:
        self._token = token or ""
        self._http.headers["Authorization"] = f"Bearer {self._token}"
        return self._token


async def answers(url: str, patience: float) -> None:
    """Raises PipelinesDown unless the server says that it is healthy, within `patience` seconds."""

    async def ask() -> None:
        try:
            (await http.get("/health")).raise_for_status()
        except httpx.HTTPError as error:
            raise _silent(error) from error

    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False) as http:
        await _retrying(patience)(ask)


def _retrying(patience: float) -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception_type(PipelinesDown),
        wait=wait_exponential_jitter(initial=0.1, max=2, jitter=0.1),
        stop=stop_after_delay(patience),
        reraise=True,
    )


def _silent(error: Exception) -> PipelinesDown:
    return PipelinesDown(f"The pipeline server does not answer ({type(error).__name__}).")


def _body(answer: httpx.Response) -> Any:
    """Errors of ZenML look like `{"detail": ["KeyError", "words"]}`; 501 is a refusal, other 5xx are trouble."""
    if answer.status_code >= 500 and answer.status_code != 501:
        raise PipelinesDown(f"The pipeline server is in trouble ({answer.status_code}).")
    body = answer.json() if answer.content else None
    if answer.is_error:
        detail = body.get("detail") if isinstance(body, dict) else body
        kind, message = (detail[0], " ".join(map(str, detail[1:]))) if isinstance(detail, list) else ("", str(detail))
        raise Refused(answer.status_code, str(kind), message)
    return body
