"""The outermost layer, pure ASGI: trace, host, https, body limit, security headers, and the answer to our own bugs."""

import logging
import random
import time
from collections.abc import Mapping

from opentelemetry import propagate, trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import traffic
from gateway.problems import answer
from gateway.settings import DoorSettings
from kit.http import problem
from kit.telemetry import exporting, tracer

log = logging.getLogger("gateway.http")
LONGEST_HEADERS = 16_384
ALWAYS = [(b"x-content-type-options", b"nosniff")]
HARD = [
    (b"strict-transport-security", b"max-age=31536000"), (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
]  # fmt: skip
VARIES = (b"vary", b"Origin")
HEADERS = "fairway.headers"
"""Key of the scope: the request's headers as a plain dictionary, decoded once."""


class Edge:
    """`cors` is asked only where a browser named the origin of its page."""

    def __init__(self, app: ASGIApp, settings: DoorSettings, cors: dict) -> None:
        self.app, self.settings = app, settings
        self.cors = CORSMiddleware(app, **cors)
        self.extra = [*ALWAYS, *([] if settings.debug else HARD)]
        self.traced = exporting()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = scope[HEADERS] = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        with trace.use_span(self._span(scope["method"], headers), end_on_exit=True) as span:
            name = (b"x-request-id", b"%032x" % span.get_span_context().trace_id)
            started, answering = time.perf_counter(), Answering(send, [name, *self.extra])
            try:
                await self._serve(scope, receive, answering, headers)
            finally:
                traffic.count(scope, answering.status, time.perf_counter() - started)

    async def _serve(self, scope: Scope, receive: Receive, send: "Answering", headers: Mapping[str, str]) -> None:
        refused = self._refused(scope, headers)
        if refused:
            return await refused(scope, receive, send)
        limited = receive
        if scope["method"] not in ("GET", "HEAD"):
            limited = Limited(receive, self.settings.max_body, headers.get("content-length", "0")).receive
        try:
            await self._app(headers, send)(scope, limited, send)
        except Exception as error:
            log.error("request.failed", exc_info=error, extra={"facts": {"path": scope["path"]}})
            if not send.status:
                await answer(500, problem(500, "", scope["path"]))(scope, receive, send)

    def _app(self, headers: Mapping[str, str], send: "Answering") -> ASGIApp:
        if "origin" in headers:
            return self.cors
        send.extra.append(VARIES)
        return self.app

    def _refused(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        """What is not let in at all."""
        path = scope["path"]
        if sum(map(len, headers)) + sum(map(len, headers.values())) > LONGEST_HEADERS:
            return answer(431, problem(431, "The header is too long.", path))
        return None if self.settings.debug else self._misdirected(scope, headers)

    def _misdirected(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        host = headers.get("host", "").partition(":")[0].lower()
        if self.settings.allowed_hosts and not {host, "*"} & set(self.settings.allowed_hosts):
            return answer(400, problem(400, "Unknown host.", scope["path"]))
        if self.settings.ssl_redirect and scope["scheme"] == "http":
            return RedirectResponse(Request(scope).url.replace(scheme="https"), 308)
        return None

    def _span(self, method: str, headers: Mapping[str, str]) -> Span:
        """A server span of the caller's trace or of a new one. Without an exporter only its ids exist, so that problems
        and log lines of all services can still be brought together."""
        context = propagate.extract(headers) if "traceparent" in headers else None
        if self.traced:
            return tracer.start_span(f"{method} request", context, SpanKind.SERVER)
        given = trace.get_current_span(context).get_span_context() if context else None
        trace_id = given.trace_id if given and given.is_valid else random.getrandbits(128) | 1
        return NonRecordingSpan(SpanContext(trace_id, random.getrandbits(64) | 1, False, TraceFlags(1)))


class Answering:
    """Adds the headers that every answer has. `status` is 0 until it begins."""

    def __init__(self, send: Send, extra: list[tuple[bytes, bytes]]) -> None:
        self.send, self.extra, self.status = send, extra, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self.extra]
        await self.send(message)


class Limited:
    """Refuses whoever reads a body that is promised to be too large, and counts what arrives, whatever was promised.
    A route with a limit of its own looks before it reads."""

    def __init__(self, receive: Receive, most: int, promised: str) -> None:
        self.inner, self.most = receive, most
        self.left = most if promised.isdigit() and int(promised) <= most else -1

    async def receive(self) -> Message:
        if self.left >= 0:
            message = await self.inner()
            self.left -= len(message.get("body", b""))
            if self.left >= 0:
                return message
        raise HTTPException(413, f"A body may have {self.most} bytes.")
