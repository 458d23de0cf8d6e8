"""What a route can answer, worked out from what it declares."""

from typing import TYPE_CHECKING, Any

from gateway.components import header
from gateway.policy import Policy, Rule
from gateway.schema import Pending

if TYPE_CHECKING:
    from gateway.routing import DoorRoute

Answers = dict[int | str, dict[str, Any]]


def successes(rule: Rule, model: Any, status: int) -> Answers:
    """The model of each; a command that does not expire and that its owner does not judge in time is pending."""
    answers: Answers = {status: {"description": "Done", **({} if model is None else {"model": model})}}
    if any(command.expires is None for command in rule.sends):
        both = model | Pending if status == 202 and model is not None else Pending
        headers = {name: header(name, 202) for name in ("Location", "Retry-After")}
        answers[202] = {"description": "Accepted; not judged yet where it says `pending`", "model": both,
                        "headers": headers}  # fmt: skip
    return answers


def refusals(route: "DoorRoute") -> dict[int, str]:
    """Status → why, as far as the route says more than the status itself."""
    found = dict.fromkeys((status for status, happens in _follow(route).items() if happens), "")
    return {status: words for status, words in {**found, **route.refuses}.items() if words is not None}


def _follow(route: "DoorRoute") -> dict[int, bool]:
    rule, (method,) = route.rule, route.methods
    body, known = takes_body(route), rule.policy is not Policy.OPEN
    return {
        400: bool(body or rule.sends or route.dependant.query_params), 401: known,
        403: rule.forbids(method),
        404: bool(route.param_convertors), 413: body and rule.most is None, 415: body, 422: bool(rule.sends),
        429: rule.scope is not None, 503: known or rule.scope is not None,
    }  # fmt: skip


def takes_body(route: "DoorRoute") -> bool:
    return route.body_field is not None or "requestBody" in (route.openapi_extra or {})
