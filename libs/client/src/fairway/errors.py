"""The exceptions of the client."""

from typing import Any

import httpx


class FairwayError(Exception):
    """FairwayError
    ├── ApiError
    ├── Unreachable
    └── OperationFailed
    """


class ApiError(FairwayError):
    """The API rejected a request (RFC 9457 problem). `code` is stable; `details` maps invalid fields to messages."""

    def __init__(self, status: int, code: str, detail: str, details: Any = None, trace_id: str = "") -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.details, self.trace_id = status, code, detail, details, trace_id


class Unreachable(FairwayError):
    """The gateway did not answer after all retries."""


class OperationFailed(FairwayError):
    """The work that was waited for failed or was stopped; the text is the row's reason."""


def raise_for(response: httpx.Response) -> None:
    """Raises ApiError for a response of 4xx or 5xx."""
    if response.is_success or response.is_redirect:
        return
    body = _body(response)
    error = body.get("error")
    if not isinstance(error, dict):  # the views of e-mail verification return only a sentence
        body, error = {"detail": error, **body} if error else body, {}
    code = error.get("code") or body.get("code", "UNKNOWN")
    raise ApiError(
        response.status_code, code, body.get("detail", response.reason_phrase),
        error.get("details") or _paths(body), body.get("trace_id", ""),
    )  # fmt: skip


def _paths(body: dict[str, Any]) -> dict[str, str] | None:
    """Returns member → message of a problem of the label store."""
    return {one["path"]: one["message"] for one in body.get("errors", ())} or None


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
