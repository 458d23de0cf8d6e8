"""The error body of every response: an RFC 9457 problem with the extension members `error` and `trace_id`."""

from typing import Any

from contracts.verdict import Kind, Refused
from kit.telemetry.tracing import trace_id

STATUS = {
    Kind.UNAUTHENTICATED: 401, Kind.FORBIDDEN: 403, Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.INVALID: 400,
    Kind.UNPROCESSABLE: 422, Kind.TOO_MANY: 429, Kind.UNAVAILABLE: 503, Kind.EXPIRED: 503, Kind.INTERNAL: 500,
}  # fmt: skip
CODES = {
    400: ("VALIDATION_ERROR", "Invalid request data"),
    401: ("AUTHENTICATION_ERROR", "Authentication required"),
    403: ("AUTHORIZATION_ERROR", "Permission denied"),
    404: ("RESOURCE_NOT_FOUND", "Resource not found"),
    405: ("METHOD_NOT_ALLOWED", "HTTP method not allowed"),
    409: ("CONFLICT", "The state does not allow it"),
    412: ("PRECONDITION_FAILED", "The resource is in another state"),
    413: ("PAYLOAD_TOO_LARGE", "Request body too large"),
    422: ("UNPROCESSABLE", "Request understood but refused"),
    429: ("RATE_LIMIT_EXCEEDED", "Rate limit exceeded"),
    502: ("EXTERNAL_SERVICE_ERROR", "An external service failed"),
    500: ("INTERNAL_SERVER_ERROR", "Internal server error"),
    503: ("SERVICE_UNAVAILABLE", "Service unavailable, try again"),
    504: ("TIMED_OUT", "The request timed out"),
}


def status_of(refused: Refused) -> int:
    """Returns the HTTP status of a refusal; `http` among its facts overrides the status of its kind."""
    return int(refused.facts.get("http", STATUS[refused.kind]))


def problem(status: int, detail: str, instance: str, code: str | None = None, details: Any = None) -> dict[str, Any]:
    """Returns the body of an error response with HTTP status `status` for the path `instance`.

    `code` defaults to the class of the status; with an own code, `detail` is also its message. `details` maps fields at
    fault to lists of messages.
    """
    generic, message = CODES.get(status, ("DRF_ERROR", "Request processing failed"))
    return {
        "type": f"urn:fairway:problem:{(code or generic).lower()}",
        "title": message,
        "status": status,
        "detail": detail or message,
        "instance": instance,
        "error": {
            "code": code or generic,
            "message": detail if code and detail else message,
            "details": {"detail": detail} if details is None else details,
        },
        "trace_id": trace_id(),
    }


def problem_of(refused: Refused, instance: str) -> tuple[int, dict[str, Any]]:
    """Returns the HTTP status and the body for a refusal. A lower-case code of the refusal is shown as
    `details.reason`, beside the class of the status."""
    status = status_of(refused)
    facts = {k: v for k, v in refused.facts.items() if k != "http"}
    code = refused.code if refused.code.isupper() else None
    details = (
        facts if refused.kind is Kind.INVALID and facts else {"detail": refused.detail, "reason": refused.code, **facts}
    )
    return status, problem(status, refused.detail, instance, code, details)
