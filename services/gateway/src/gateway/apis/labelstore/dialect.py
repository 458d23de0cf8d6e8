"""The dialect of the label store: `code` and `errors` on top of its problems, 401 for a missing role."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.catalog.label_shared import LABEL_SCOPE
from gateway.http.dialect import Body, Check, Dialect
from gateway.http.problems import MEDIA
from gateway.identity.providers.label_keys import HEADER_NAMES
from kit.telemetry.tracing import trace_id

MAX_ERRORS = 100
"""Errors of one answer; `detail` tells how many there are."""
INVALID, UNAUTHENTICATED, NOT_AUTHORIZED = "invalid_request", "unauthenticated", "not_authorized"
CODES = {
    400: INVALID, 401: UNAUTHENTICATED, 403: NOT_AUTHORIZED, 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 413: "too_large", 415: "unsupported_media_type", 422: "invalid_value", 429: "rate_limited",
    500: "internal", 503: "unavailable",
}  # fmt: skip
OWN_CODES = {422, 429, 503}
"""Statuses whose problems may have a code of their own, such as `invalid_name` and `storage_unavailable`."""


class LabelError(BaseModel):
    """`path` are the members from the top of the body down: `0.objects.1.label`; empty for the body as a whole."""

    path: str
    message: str


class LabelProblem(BaseModel):
    """RFC 9457, with `code` for programs, `errors` for 400 and 422, and `error`, which old clients read, for 401."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is no campaign 9.",
        "code": "not_found", "instance": "/api/v1/campaigns/9", "trace_id": "9f3c1e3b0a944c1f8fb2c0a2b6a5a4c1",
    }]})  # fmt: skip

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    trace_id: str
    errors: list[LabelError] = []
    error: str = ""


def _invalid_body(errors: Sequence[Any], path: str) -> Body:
    found = [LabelError(path=_path(error), message=error["msg"].removeprefix("Value error, ")) for error in errors]
    return _problem(400, INVALID, "", path, found)


def _path(error: Any) -> str:
    return "" if error["type"] == "json_invalid" else ".".join(map(str, error["loc"][1:]))


def _error_body(status: int, problem: Body) -> Body:
    """Returns the problem of the label store that says the same as a problem of the house."""
    said = problem["error"]["details"]
    code, detail = _code(problem["status"], said), problem["detail"]
    if code == UNAUTHENTICATED and HEADER_NAMES not in detail:
        detail = f"{detail.rstrip('.')}. Send {HEADER_NAMES}."
    body = _problem(status, code, detail, problem["instance"], list(_errors(said)))
    return body | ({"error": detail} if code == UNAUTHENTICATED else {})


def _code(status: int, said: Body) -> str:
    """Returns the code by the status that the house gives the problem, or the reason that its owner states."""
    reason = said.get("reason", "")
    return reason if status in OWN_CODES and reason else CODES.get(status, "internal")


def _errors(said: Body) -> Iterator[LabelError]:
    """Yields what an owner says of single members: path → messages."""
    for path, messages in said.items():
        if isinstance(messages, list):
            yield from (LabelError(path=path, message=str(message)) for message in messages)


def _problem(status: int, code: str, detail: str, instance: str, errors: list[LabelError]) -> Body:
    if errors and not detail:
        more = f"; the first {MAX_ERRORS} are listed" if len(errors) > MAX_ERRORS else ""
        detail = f"{_first(errors)} ({len(errors)} errors{more})" if len(errors) > 1 else _first(errors)
    body = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code,
        "instance": instance, "trace_id": trace_id(),
    }  # fmt: skip
    shown = [error.model_dump() for error in errors[:MAX_ERRORS]] or [{"path": "", "message": detail}]
    return body | ({"errors": shown} if status in (400, 422) else {})


def _first(errors: list[LabelError]) -> str:
    return f"{errors[0].path}: {errors[0].message}".removeprefix(": ")


LABELS = Dialect(
    "labelstore", tag_prefix="label store: ", unknown_query_status=400,
    invalid_body=_invalid_body, invalid_media=MEDIA,
    error_body=_error_body, error_model=LabelProblem, forbidden_status=401, has_pending_writes=False,
    credential_scope=LABEL_SCOPE, provider=attrgetter("label_keys"),
    schemes=(("label-key", "label-secret"), "bearer", "cookie", "access-token"),
    checks=(Check.CREDENTIALS, Check.QUOTA, Check.BODY, Check.ADDRESS),
)  # fmt: skip
