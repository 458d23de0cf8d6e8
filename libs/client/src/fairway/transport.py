"""HTTP to the gateway: retries what is safe, waits out 202 and 503, turns problems into errors."""

import time
from typing import Any
from uuid import uuid4

import httpx

from fairway.errors import ApiError, Unreachable, raise_for

TRIES = 5
PENDING_LIMIT = 120.0


class Transport:
    """Each write carries an Idempotency-Key, so that trying again after a lost answer does it once."""

    def __init__(self, url: str, token: str | None, headers: dict[str, str] | None = None) -> None:
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=url.rstrip("/"), headers={**authorization, **(headers or {})}, timeout=30)

    def get(self, path: str, **params: Any) -> Any:
        wanted = {name: value for name, value in params.items() if value is not None}
        return self._send("GET", path, params=wanted).json()

    def write(self, method: str, path: str, body: Any = None) -> Any:
        """The finished answer; a command that the gateway only took note of is waited for."""
        response = self._send(method, path, json=body, headers={"Idempotency-Key": str(uuid4())})
        if response.status_code == 202 and (pending := self._pending(response)):
            return self._finished(pending)
        return response.json() if response.content else None

    def _pending(self, response: httpx.Response) -> str | None:
        return response.headers.get("Location") if "/commands/" in response.headers.get("Location", "") else None

    def _finished(self, location: str) -> Any:
        path = "/commands/" + location.rstrip("/").rpartition("/")[2]
        until = time.monotonic() + PENDING_LIMIT
        while time.monotonic() < until:
            answer = self.get(path)
            if answer["status"] != "pending":
                return _judged(answer)
            time.sleep(0.5)
        raise Unreachable(f"no verdict for {location} within {PENDING_LIMIT:.0f} s")

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        for attempt in range(TRIES):
            try:
                response = self.http.request(method, path, **options)
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code != 503:
                raise_for(response)
                return response
            time.sleep(min(0.25 * 2**attempt, 4))
        if response is not None:
            raise_for(response)
        raise Unreachable(f"{self.http.base_url} does not answer")


def _judged(answer: dict[str, Any]) -> Any:
    refused = answer.get("refused")
    if refused:
        raise ApiError(answer.get("http", 400), refused["code"], refused["detail"], refused.get("facts"))
    return answer.get("result")
