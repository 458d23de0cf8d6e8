"""The dialect of OGC API - Processes: refusals have the types of its exceptions."""

from typing import Any

from starlette.requests import Request

from gateway.http.dialect import Body, Dialect
from gateway.http.request_context import request_context

PREFIX = "/api/ogc/processes"
_EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
_TYPES = {
    "processor_not_found": "no-such-process", "job_not_found": "no-such-job", "result_not_ready": "result-not-ready",
}  # fmt: skip


def _exception(status: int, problem: Body) -> Body:
    reason = problem["error"]["details"].get("reason", "")
    return {**problem, "type": f"{_EXCEPTIONS}/{_TYPES[reason]}"} if reason in _TYPES else problem


OGC = Dialect("ogc", operation_prefix="ogc_", error_body=_exception)


def link(request: Request, path: str, rel: str) -> dict[str, Any]:
    """Returns a link to a path of this API at its public address."""
    base = request_context(request).app.settings.api_base_url.removesuffix("/api/v1")
    return {"href": f"{base}{PREFIX}{path}", "rel": rel, "type": "application/json"}
