"""HTTP to the gateway: retries on 503 and connection errors, waits for pending commands, raises ApiError."""

import time
from typing import Any
from uuid import uuid4

import httpx

from fairway.errors import ApiError, Unreachable, raise_for

MAX_ATTEMPTS = 5
COMMAND_TIMEOUT = 120.0


class Transport:
    """Each write has an Idempotency-Key, so that a retry after a lost answer does not write twice."""

    def __init__(self, url: str, token: str | None, headers: dict[str, str] | None = None) -> None:
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=url.rstrip("/"), headers={**authorization, **(headers or {})}, timeout=30)

    def get(self, path: str, **params: Any) -> Any:
        """Returns the JSON body. Raises ApiError, and Unreachable after MAX_ATTEMPTS."""
        wanted = {name: value for name, value in params.items() if value is not None}
        return self._send("GET", path, params=wanted).json()

    def write(self, method: str, path: str, body: Any = None) -> Any:
        """Returns the JSON body; waits for a command that is still pending (202).

        Raises ApiError, and Unreachable after MAX_ATTEMPTS or when the command is pending for COMMAND_TIMEOUT seconds.
        """
        response = self._send(method, path, json=body, headers={"Idempotency-Key": str(uuid4())})
        if response.status_code == 202 and (pending := self._pending(response)):
            return self._wait_for_command(pending)
        return response.json() if response.content else None

    def _pending(self, response: httpx.Response) -> str | None:
        return response.headers.get("Location") if "/commands/" in response.headers.get("Location", "") else None

    def _wait_for_command(self, location: str) -> Any:
        path = "/commands/" + location.rstrip("/").rpartition("/")[2]
        until = time.monotonic() + COMMAND_TIMEOUT
        while time.monotonic() < until:
            answer = self.get(path)
            if answer["status"] != "pending":
                return _result(answer)
            time.sleep(0.5)
        raise Unreachable(f"no verdict for {location} within {COMMAND_TIMEOUT:.0f} s")

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = None
        for attempt in range(MAX_ATTEMPTS):
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


def _result(answer: dict[str, Any]) -> Any:
    refused = answer.get("refused")
    if refused:
        raise ApiError(answer.get("http", 400), refused["code"], refused["detail"], refused.get("facts"))
    return answer.get("result")
