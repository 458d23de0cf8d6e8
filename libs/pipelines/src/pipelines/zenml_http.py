"""A client of ZenML's REST API: login by API key, retries, PipelinesDown for all transient errors."""

import asyncio
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from pipelines.port import PipelinesDown

TIMEOUT = httpx.Timeout(15, connect=3)


class Refused(Exception):
    """The server rejected the request; `kind` is ZenML's name of the exception, e.g. `KeyError`."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


class ZenMLHttp:
    """Safe to share between tasks. Each call is retried for `retry_seconds` on connection errors and 5xx.

    All calls made here (reads, PUT of a state, stop) are idempotent.
    """

    def __init__(self, url: str, api_key: str, retry_seconds: float, token: str | None = None) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url.rstrip('/')}/api/v1", timeout=TIMEOUT, trust_env=False)
        self._api_key, self._retry_seconds, self._login_lock = api_key, retry_seconds, asyncio.Lock()
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
        return await _retry_for(self._retry_seconds)(self._once, method, path, **content)

    async def _once(self, method: str, path: str, **content: Any) -> Any:
        try:
            token = self._token or await self._login(None)
            answer = await self._http.request(method, path, **content)
            if answer.status_code == 401:
                await self._login(token)
                answer = await self._http.request(method, path, **content)
            return _body(answer)
        except (httpx.TransportError, ValueError) as error:
            raise _no_answer(error) from error

    async def _login(self, refused: str | None) -> str:
        """Only one of the tasks whose token was rejected signs in: each login costs the server 0.5 s of CPU time."""
        async with self._login_lock:
            if self._token and self._token != refused:
                return self._token
            form = {"grant_type": "zenml-api-key", "password": self._api_key}
            answer = await self._http.post("/login", data=form, headers={"Authorization": ""})
            if answer.status_code in (401, 403):
                raise PipelinesDown("The pipeline server rejects the API key.")
            return self._use(_body(answer)["access_token"])

    def _use(self, token: str | None) -> str:
        self._token = token or ""
        self._http.headers["Authorization"] = f"Bearer {self._token}"
        return self._token


async def check_health(url: str, retry_seconds: float) -> None:
    """Raises PipelinesDown unless the server reports within `retry_seconds` that it is healthy."""

    async def ask() -> None:
        try:
            (await http.get("/health")).raise_for_status()
        except httpx.HTTPError as error:
            raise _no_answer(error) from error

    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False) as http:
        await _retry_for(retry_seconds)(ask)


def _retry_for(seconds: float) -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception_type(PipelinesDown),
        wait=wait_exponential_jitter(initial=0.1, max=2, jitter=0.1),
        stop=stop_after_delay(seconds),
        reraise=True,
    )


def _no_answer(error: Exception) -> PipelinesDown:
    return PipelinesDown(f"The pipeline server does not answer ({type(error).__name__}).")


def _body(answer: httpx.Response) -> Any:
    """Errors of ZenML look like `{"detail": ["KeyError", "text"]}`; 501 is a rejection, other 5xx are transient."""
    if answer.status_code >= 500 and answer.status_code != 501:
        raise PipelinesDown(f"The pipeline server failed ({answer.status_code}).")
    body = answer.json() if answer.content else None
    if answer.is_error:
        detail = body.get("detail") if isinstance(body, dict) else body
        kind, message = (detail[0], " ".join(map(str, detail[1:]))) if isinstance(detail, list) else ("", str(detail))
        raise Refused(answer.status_code, str(kind), message)
    return body
