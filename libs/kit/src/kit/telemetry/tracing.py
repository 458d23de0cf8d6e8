"""Configures traces and logs.

Without an OTLP endpoint there are no spans: only the header `traceparent` travels, from each message to those it leads
to, so that the log lines of all services can be joined.
"""

import logging
import random
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from contracts import headers as h

tracer = trace.get_tracer("fairway")
PARENT = "traceparent"
_WELL_FORMED = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, 3.2."""
_PARENT: ContextVar[str] = ContextVar(PARENT, default="")
"""`traceparent` of the work at hand, where no spans are exported."""
_exporters: list[str] = []
"""Where spans go. The library looks into the environment each time that it is asked for its provider."""
_HANDLED: ContextVar[tuple[str, Mapping[str, str]] | None] = ContextVar("handled", default=None)
propagate.set_global_textmap(TraceContextTextMapPropagator())  # no service sends baggage


def configure(service: str, otlp_endpoint: str | None, log_level: str) -> None:
    """Call once per process. `otlp_endpoint` is the base URL of an OTLP/HTTP receiver, `log_level` a level of
    `logging`."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLinesFormatter(service))
    logging.basicConfig(level=log_level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "botocore", "urllib3", "faststream", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")
    if otlp_endpoint:
        _export(service, otlp_endpoint)


def _export(service: str, endpoint: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    trace.set_tracer_provider(provider)
    _exporters.append(endpoint)


def shutdown() -> None:
    """Exports the buffered spans."""
    stop = getattr(trace.get_tracer_provider(), "shutdown", None)
    if stop:
        stop()


def inject(headers: dict[str, str]) -> dict[str, str]:
    """Adds the header `traceparent` of the work at hand and returns the headers."""
    if exporting():
        propagate.inject(headers)
    elif parent := _PARENT.get():
        headers[PARENT] = parent
    return headers


def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, carrier: Mapping[str, str] | None = None, **attributes: str
) -> AbstractContextManager[object]:
    """Opens a span for the block. `carrier` holds the headers of the message that caused the work; names and attributes
    never hold ids."""
    parent = carrier.get(PARENT) if carrier else None
    if exporting():
        context = propagate.extract(carrier) if carrier and parent else None
        return tracer.start_as_current_span(name, context=context, kind=kind, attributes=attributes)
    return _joined(parent) if parent else nullcontext()


def request_span(name: str, headers: Mapping[str, str]) -> AbstractContextManager[object]:
    """Opens a span for a request from outside: of the trace that its headers name, or of a new one."""
    if exporting():
        return span(name, SpanKind.SERVER, headers)
    given = headers.get(PARENT, "")
    trace_id = given[3:35] if _WELL_FORMED.fullmatch(given) else f"{random.getrandbits(128) | 1:032x}"
    return _joined(f"00-{trace_id}-{random.getrandbits(64) | 1:016x}-01")


def exporting() -> bool:
    """Whether spans are exported."""
    return bool(_exporters)


@contextmanager
def _joined(parent: str) -> Iterator[None]:
    token = _PARENT.set(parent)
    try:
        yield
    finally:
        _PARENT.reset(token)


def trace_id() -> str:
    """Returns 32 hex digits, or an empty string outside a trace."""
    if not exporting():
        return _PARENT.get()[3:35]
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""


@contextmanager
def handling(subject: str, headers: Mapping[str, str]) -> Iterator[None]:
    """Adds the message to every log line of the block, and of tasks that begin in it. Costs 2 µs."""
    token = _HANDLED.set((subject, headers))
    try:
        yield
    finally:
        _HANDLED.reset(token)


def _about() -> dict[str, object]:
    """Reads the headers only when there is a line to write."""
    handled = _HANDLED.get()
    if handled is None:
        return {}
    subject, headers = handled
    return {"message_id": headers.get(h.ID), "subject": subject, "actor": _actor(headers.get(h.ACTOR))}


def _actor(header: str | None) -> object:
    """Returns the id of the actor, or None when the header is malformed; such headers get logged too."""
    try:
        return orjson.loads(header or "")["id"]
    except (ValueError, LookupError, TypeError):
        return None


class JsonLinesFormatter(logging.Formatter):
    """Writes one JSON object per line; `extra={"fields": {...}}` adds members."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "service": self.service,
            "event": record.getMessage(),
            "trace_id": trace_id(),
            **_about(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()
