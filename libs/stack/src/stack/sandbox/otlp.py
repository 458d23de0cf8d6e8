"""An OTLP/HTTP receiver: accepts traces at `POST /v1/traces`, returns their spans at `GET /spans`."""

import gzip
from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stack.sandbox.web import application


def app() -> Starlette:
    spans: list[dict[str, Any]] = []

    async def take(request: Request) -> Response:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        spans.extend(_spans(ExportTraceServiceRequest.FromString(body)))
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type="application/x-protobuf")

    async def show(request: Request) -> JSONResponse:
        """All spans, or those of `?trace_id=`."""
        wanted = request.query_params.get("trace_id")
        return JSONResponse([span for span in spans if wanted in (None, span["trace_id"])])

    async def empty(request: Request) -> Response:
        spans.clear()
        return Response(status_code=204)

    return application(
        [
            Route("/v1/traces", take, methods=["POST"]),
            Route("/spans", show),
            Route("/spans", empty, methods=["DELETE"]),
        ]
    )


def _spans(request: ExportTraceServiceRequest) -> Iterator[dict[str, Any]]:
    for resource in request.resource_spans:
        service = _plain(resource.resource.attributes).get("service.name", "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _span(service, span)


def _span(service: str, span: Span) -> dict[str, Any]:
    """Ids in hexadecimal, times in nanoseconds since 1970."""
    return {
        "service": service,
        "name": span.name,
        "kind": Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_span_id.hex() or None,
        "start": span.start_time_unix_nano,
        "end": span.end_time_unix_nano,
        "status": Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_"),
        "attributes": _plain(span.attributes),
        "links": [{"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex()} for link in span.links],
    }


def _plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    return {one.key: next(iter(MessageToDict(one.value).values()), None) for one in attributes}
