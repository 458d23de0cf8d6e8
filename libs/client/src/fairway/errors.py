"""What can go wrong, in the words of the API."""

from typing import Any

import httpx


class FairwayError(Exception):
    """FairwayError
    ├── ApiError
    ├── Unreachable
    └── Ended
    """


class ApiError(FairwayError):
    """A problem body. `code` is stable, `details` maps fields to messages where fields are at fault."""

    def __init__(self, status: int, code: str, detail: str, details: Any = None, trace_id: str = "") -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.details, self.trace_id = status, code, detail, details, trace_id


class Unreachable(FairwayError):
    """The gateway did not answer, however often we tried."""


class Ended(FairwayError):
    """What was waited for failed or was cancelled; the text is the reason its row gives."""


def raise_for(response: httpx.Response) -> None:
    if response.is_success or response.is_redirect:
        return
    body = _body(response)
    error = body.get("error")
    if not isinstance(error, dict):  # the views of e-mail verification say just a sentence
        body, error = {"detail": error, **body} if error else body, {}
    raise ApiError(
        response.status_code, error.get("code", "UNKNOWN"), body.get("detail", response.reason_phrase),
        error.get("details"), body.get("trace_id", ""),
    )  # fmt: skip


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
