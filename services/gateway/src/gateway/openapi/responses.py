"""The successful responses of a route, derived from its declaration."""

from typing import Any

from gateway.http.dialect import Dialect
from gateway.http.policy import Rule
from gateway.openapi.components import header
from gateway.openapi.schemas import Pending

Answers = dict[int | str, dict[str, Any]]


def success_responses(rule: Rule, model: Any, status: int, dialect: Dialect) -> Answers:
    """Returns the model of each status. A command that does not expire can be pending."""
    answers: Answers = {status: {"description": "Done", **({} if model is None else {"model": model})}}
    if dialect.has_pending_writes and any(command.expires is None for command in rule.sends):
        both = model | Pending if status == 202 and model is not None else Pending
        headers = {name: header(name, 202) for name in ("Location", "Retry-After")}
        answers[202] = {"description": "Accepted; `pending` while the owner has not decided yet", "model": both,
                        "headers": headers}  # fmt: skip
    return answers
