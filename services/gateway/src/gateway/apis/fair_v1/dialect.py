"""The dialect of the first generation of the API of fAIr."""

from dataclasses import replace
from typing import Any

from gateway.http.dialect import Dialect

V1 = Dialect("fair_v1", tag_prefix="v1 ", operation_prefix="v1_", deprecated=True, anonymous_write_status=403)


def _with_code(status: int, problem: dict[str, Any]) -> dict[str, Any]:
    """Returns a problem with `code` and `message` at the top, for clients that read `code` of every response."""
    code = "NOT_FOUND" if status == 404 else problem["error"]["code"]
    return {"code": code, "message": problem["detail"], **problem}


V1_WITH_CODE = replace(V1, error_body=_with_code)
