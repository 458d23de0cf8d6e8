"""The outermost layer, pure ASGI: trace, host, https, body limit, security headers, and the response to unexpected
errors."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.problems import answer
from gateway.http.request_context import CONTEXT
from gateway.identity.provider import ANONYMOUS_IDENTITY
from gateway.operations import http_metrics
from gateway.settings import HttpSettings
from kit.http.problems import problem
from kit.telemetry import tracing

log = logging.getLogger("gateway.http")
LONGEST_HEADERS = 16_384
ALWAYS = [(b"x-content-type-options", b"nosniff")]
HARD = [
    (b"strict-transport-security", b"max-age=31536000"), (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
]  # fmt: skip
VARIES = (b"vary", b"Origin")
PRIVATE = (b"cache-control", b"private, no-store")
HEADERS = "fairway.headers"
"""Key of the scope: the request's headers as a dictionary, decoded once."""


BODY = "fairway.body"
"""Key of the scope: the limit of its body."""


PUBLIC_FILE = re.compile(r"/api/v1/predictions/\d+/results/[^/]+/?|/packages(?:/.*)?")
"""Readable by pages of every origin, without credentials: open maps and saved layers."""
TO_ALL = {
    "allow_origins": ["*"], "allow_methods": ["GET", "HEAD"], "allow_headers": ["range", "if-match", "if-none-match"],
    "expose_headers": ["etag", "content-range", "content-length", "accept-ranges", "retry-after"], "max_age": 86_400,
}  # fmt: skip


class GatewayMiddleware:
    """`cors` runs only for requests with an `Origin` header."""

    def __init__(self, app: ASGIApp, settings: HttpSettings, cors: dict) -> None:
        self.app, self.settings = app, settings
        self.cors, self.to_all = CORSMiddleware(app, **cors), CORSMiddleware(app, **TO_ALL)
        self.extra = [*ALWAYS, *([] if settings.debug else HARD)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = scope[HEADERS] = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        with tracing.request_span(f"{scope['method']} request", headers):
            name = (b"x-request-id", tracing.trace_id().encode())
            started, answering = time.perf_counter(), ResponseRecorder(send, [name, *self.extra], scope)
            try:
                await self._serve(scope, receive, answering, headers)
            finally:
                http_metrics.count(scope, answering.status, time.perf_counter() - started)

    async def _serve(
        self, scope: Scope, receive: Receive, send: "ResponseRecorder", headers: Mapping[str, str]
    ) -> None:
        refused = self._refused(scope, headers)
        if refused:
            return await refused(scope, receive, send)
        limited = receive
        if scope["method"] not in ("GET", "HEAD"):
            scope[BODY] = BodyLimit(receive, self.settings.max_body, headers.get("content-length", "0"))
            limited = scope[BODY].receive
        try:
            await self._app(scope["path"], headers, send)(scope, limited, send)
        except Exception as error:
            log.error("request.failed", exc_info=error, extra={"fields": {"path": scope["path"]}})
            if not send.status:
                await answer(500, problem(500, "", scope["path"]))(scope, receive, send)
        finally:
            scope.pop(BODY, None)  # it refers to the connection, which refers to the scope

    def _app(self, path: str, headers: Mapping[str, str], send: "ResponseRecorder") -> ASGIApp:
        if "origin" in headers:
            return self.to_all if PUBLIC_FILE.fullmatch(path) else self.cors
        send.extra.append(VARIES)
        return self.app

    def _refused(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        """Returns the response to a request that is rejected before routing, or None."""
        path = scope["path"]
        if sum(map(len, headers)) + sum(map(len, headers.values())) > LONGEST_HEADERS:
            return answer(431, problem(431, "The header is too long.", path))
        return None if self.settings.debug else self._misdirected(scope, headers)

    def _misdirected(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        host, allowed = headers.get("host", "").partition(":")[0].lower(), self.settings.allowed_hosts
        if allowed and not {host, "*"} & set(allowed):
            return answer(400, problem(400, "Unknown host.", scope["path"]))
        if self.settings.ssl_redirect and scope["scheme"] == "http":
            place = {} if host in allowed else {"netloc": urlsplit(self.settings.api_base_url).netloc}
            return RedirectResponse(Request(scope).url.replace(scheme="https", **place), 308)
        return None


class ResponseRecorder:
    """Adds the headers of every response, or of every response to an authenticated caller. `status` is 0 until the
    response starts."""

    def __init__(self, send: Send, extra: list[tuple[bytes, bytes]], scope: Scope) -> None:
        self.send, self.extra, self.scope, self.status = send, extra, scope, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message.get("headers", ())
            if self._is_personal() and not any(name == b"cache-control" for name, _ in headers):
                self.extra.append(PRIVATE)
            message["headers"] = [*headers, *self.extra]
        await self.send(message)

    def _is_personal(self) -> bool:
        context = self.scope.get(CONTEXT)
        return context is not None and context.identity is not ANONYMOUS_IDENTITY


def set_body_limit(request: Request, most: int) -> None:
    """Sets the largest body of this request in bytes. Must be called before the body is read."""
    request.scope[BODY].allow(most)


class BodyLimit:
    """Raises 413 when a body that is too large is read, by its declared length or by the bytes that arrive. A route
    with its own limit sets it before it reads. `ended` is called with the number of bytes received."""

    def __init__(self, receive: Receive, most: int, promised: str) -> None:
        self.inner, self.promised = receive, promised
        self.ended: Callable[[int], Awaitable[None]] | None = None
        self.allow(most)

    def allow(self, most: int) -> None:
        self.most = most
        self.left = most if self.promised.isdigit() and int(self.promised) <= most else -1

    async def receive(self) -> Message:
        if self.left >= 0:
            message = await self.inner()
            self.left -= len(message.get("body", b""))
            if self.left >= 0:
                if self.ended and not message.get("more_body"):
                    await self.ended(self.most - self.left)
                return message
        raise HTTPException(413, f"The body may have at most {self.most} bytes.")
