"""The outermost layer, pure ASGI: trace, host, https, body limit, security headers, and the answer to our own bugs."""

import logging
import secrets

from opentelemetry import propagate, trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import answer
from gateway.settings import DoorSettings
from kit.http import problem
from kit.telemetry import trace_id, tracer

log = logging.getLogger("gateway.http")
LONGEST_HEADERS = 16_384
HARD = {
    "strict-transport-security": "max-age=31536000", "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
}  # fmt: skip


class Edge:
    def __init__(self, app: ASGIApp, settings: DoorSettings) -> None:
        self.app, self.settings = app, settings
        self.headers = {"x-content-type-options": "nosniff", **({} if settings.debug else HARD)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        with trace.use_span(_span(scope), end_on_exit=True):
            await self._serve(scope, receive, Answering(send, self.headers))

    async def _serve(self, scope: Scope, receive: Receive, send: "Answering") -> None:
        refused = self._refused(scope)
        if refused:
            return await refused(scope, receive, send)
        limited = receive if scope["method"] in ("GET", "HEAD") else Limited(receive, self.settings.max_body).receive
        try:
            await self.app(scope, limited, send)
        except Exception as error:
            log.error("request.failed", exc_info=error, extra={"facts": {"path": scope["path"]}})
            if not send.started:
                await answer(500, problem(500, "", scope["path"]))(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        """What is not let in at all."""
        headers, path = Headers(scope=scope), scope["path"]
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEADERS:
            return answer(431, problem(431, "The header is too long.", path))
        if int(headers.get("content-length") or 0) > self.settings.max_body:
            return answer(413, problem(413, f"A body may have {self.settings.max_body} bytes.", path))
        if self.settings.debug:
            return None
        host = headers.get("host", "").partition(":")[0].lower()
        if self.settings.allowed_hosts and not {host, "*"} & set(self.settings.allowed_hosts):
            return answer(400, problem(400, "Unknown host.", path))
        if self.settings.ssl_redirect and scope["scheme"] == "http":
            return RedirectResponse(Request(scope).url.replace(scheme="https"), 308)
        return None


class Answering:
    """Adds the headers that every answer has."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self.send, self.headers, self.started = send, headers, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            raw = MutableHeaders(raw=message.setdefault("headers", []))
            raw.update(self.headers)
            raw["x-request-id"] = trace_id()
        await self.send(message)


class Limited:
    """Counts what arrives, whatever the header promised."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.inner, self.most = receive, most

    async def receive(self) -> Message:
        message = await self.inner()
        self.most -= len(message.get("body", b""))
        if self.most < 0:
            raise HTTPException(413, "The body is too large.")
        return message


def _span(scope: Scope) -> Span:
    """A server span of the caller's trace or of a new one. Without an exporter only its ids exist, so that problems and
    log lines of all services can still be brought together."""
    carrier = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"] if k == b"traceparent"}
    context = propagate.extract(carrier) if carrier else None
    span = tracer.start_span(f"{scope['method']} request", context, SpanKind.SERVER)
    if not span.get_span_context().is_valid:
        ids = SpanContext(secrets.randbits(128), secrets.randbits(64), False, TraceFlags(TraceFlags.SAMPLED))
        span = NonRecordingSpan(ids)
    return span
