"""HTTP to the gateway: retries on 503 and connection errors, waits for pending commands, raises ApiError."""

import time
from collections.abc import Callable
from pathlib import Path
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

    def get_bytes(self, path: str, **params: Any) -> bytes:
        """As `get`, for a file."""
        wanted = {name: value for name, value in params.items() if value is not None}
        return self._send("GET", path, params=wanted).content

    def write(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **options: Any
    ) -> Any:
        """Returns the JSON body; waits for a command that is still pending (202). `options` are those of httpx.

        Raises ApiError, and Unreachable after MAX_ATTEMPTS or when the command is pending for COMMAND_TIMEOUT seconds.
        """
        keyed = {"Idempotency-Key": str(uuid4()), **(headers or {})}
        response = self._send(method, path, json=body, headers=keyed, **options)
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


def download(url: str, path: Path | str, on_bytes: Callable[[int, int], None] | None = None) -> None:
    """Downloads `url` to a file, without sending credentials. `on_bytes(size, total)` is called for each chunk; `total`
    is 0 when it is unknown. Raises httpx.HTTPError."""
    with httpx.stream("GET", url, timeout=60, follow_redirects=True) as response:
        response.raise_for_status()
        total = int(response.headers.get("Content-Length", 0))
        with open(path, "wb") as target:
            for chunk in response.iter_bytes():
                target.write(chunk)
                if on_bytes:
                    on_bytes(len(chunk), total)


def _result(answer: dict[str, Any]) -> Any:
    refused = answer.get("refused")
    if refused:
        raise ApiError(answer.get("http", 400), refused["code"], refused["detail"], refused.get("facts"))
    return answer.get("result")
