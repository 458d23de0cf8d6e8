"""The OpenAPI document: what the routes declare, and what follows from it."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.components import ALWAYS, LOGINS, NAMES, RATE, components, header, ref
from gateway.outcomes import refusals
from gateway.policy import Policy
from gateway.routing import DoorRoute
from gateway.words import TAGS, put_into_words, spoken


def described(app: FastAPI, server: str) -> dict[str, Any]:
    """OpenAPI 3.1; made once. `server` is the public address, `/api/v1` included, which the paths repeat."""
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title, version=app.version, description="AI-Assisted Mapping", routes=app.routes,
            license_info={"name": "AGPL-3.0", "identifier": "AGPL-3.0-only"},
            servers=[{"url": server.removesuffix("/api/v1") or "/"}], tags=_tags(),
        )  # fmt: skip
        for route in described_routes(app):
            (method,) = route.methods
            _complete(document["paths"][route.path_format][method.lower()], route)
        shared = components()
        schemas = document["components"]["schemas"]
        document["components"] = {**shared, "schemas": _without_frameworks(schemas) | shared["schemas"]}
        app.openapi_schema = document
    return app.openapi_schema


def described_routes(app: FastAPI) -> Iterator[DoorRoute]:
    return (route for route in app.routes if isinstance(route, DoorRoute) and route.include_in_schema)


def _complete(operation: dict[str, Any], route: DoorRoute) -> None:
    """Words, logins, headers and refusals of one operation."""
    put_into_words(operation)
    operation["security"] = _security(route)
    if route.rule.sends:
        operation.setdefault("parameters", []).append(ref("parameters", "IdempotencyKey"))
    answers = {status: answer for status, answer in operation["responses"].items() if status[0] in "23"}
    for status, answer in answers.items():
        answer["headers"] = {**_headers(route, int(status)), **answer.get("headers", {})}
    operation["responses"] = answers | _refusals(route, operation["responses"])


def _refusals(route: DoorRoute, declared: dict[str, Any]) -> dict[str, Any]:
    """Those that a route describes itself keep their own content."""
    refused = {
        str(status): ref("responses", NAMES[status]) | ({"description": words} if words else {})
        for status, words in sorted(refusals(route).items())
    }
    own = {status: declared[status] for status in map(str, route.responses) if status[0] == "4"}
    return refused | own


def _headers(route: DoorRoute, status: int) -> dict[str, Any]:
    rate, replayed = RATE if route.rule.scope else (), ["Idempotent-Replayed"] if route.rule.sends else ()
    names = ["X-Request-ID", *rate, *replayed, *ALWAYS.get(status, ())]
    return {name: header(name, status) for name in names}


def _security(route: DoorRoute) -> list[dict[str, list[str]]]:
    """Nothing, a login that may be left out, or one that must be there."""
    (method,) = route.methods
    if route.rule.policy is Policy.OPEN:
        return []
    return [*([{}] if route.rule.is_free(method) else []), *({name: []} for name in LOGINS)]


def _without_frameworks(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: schema for name, schema in schemas.items() if name not in ("HTTPValidationError", "ValidationError")}


def _tags() -> list[dict[str, str]]:
    return [{"name": name, "description": text} for name, text in spoken()[TAGS].items()]
