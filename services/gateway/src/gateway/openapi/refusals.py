"""The errors that a route can return, derived from its declaration."""

from gateway.http.policy import SAFE, Policy
from gateway.http.policy_route import PolicyRoute


def refusals(route: PolicyRoute) -> dict[int, str]:
    """Returns status → description; empty when the route adds nothing to the description of the status."""
    found = dict.fromkeys((status for status, happens in _implied(route).items() if happens), "")
    return {status: text for status, text in {**found, **route.refuses}.items() if text is not None}


def _implied(route: PolicyRoute) -> dict[int, bool]:
    rule, dialect = route.rule, route.dialect
    body, known = takes_body(route), rule.policy is not Policy.OPEN
    implied = [
        (dialect.invalid_status, bool(body or route.dependant.query_params)), (400, bool(rule.sends)), (401, known),
        (dialect.forbidden_status, _forbids(route)), (dialect.unknown_id_status, bool(route.param_convertors)),
        (413, body and rule.most is None), (415, body), (422, bool(rule.sends)), (429, rule.scope is not None),
        (503, known or rule.scope is not None), (dialect.deadline_status, known or rule.scope is not None),
        (dialect.unknown_query_status or 400, dialect.unknown_query_status is not None),
    ]  # fmt: skip
    return {status: any(happens for one, happens in implied if one == status) for status, _ in implied}


def _forbids(route: PolicyRoute) -> bool:
    needs_login = route.method not in SAFE and not route.rule.allows_anonymous(route.method)
    return route.rule.forbids(route.method) or (needs_login and route.dialect.anonymous_write_status == 403)


def takes_body(route: PolicyRoute) -> bool:
    return route.body_field is not None or "requestBody" in (route.openapi_extra or {})
