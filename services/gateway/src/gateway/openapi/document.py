"""The OpenAPI document, built from the declarations of the routes."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.http.policy import Policy
from gateway.http.policy_route import PolicyRoute
from gateway.openapi.components import (
    ALWAYS,
    NAMES,
    RATE,
    components,
    header,
    ref,
    refusal,
    schemas_of,
)
from gateway.openapi.refusals import refusals
from gateway.openapi.schema_names import with_published_names
from gateway.openapi.shared_parts import with_shared_parts
from gateway.openapi.texts import TAGS, apply_texts, texts


def openapi_document(app: FastAPI, server: str) -> dict[str, Any]:
    """Returns the OpenAPI 3.1 document, built once. `server` is the public address including `/api/v1`, which the paths
    repeat."""
    if not app.openapi_schema:
        for route in documented_routes(app):
            route.describe_responses()
        document = get_openapi(
            title=app.title, version=app.version, description="AI-Assisted Mapping", routes=app.routes,
            license_info={"name": "AGPL-3.0", "identifier": "AGPL-3.0-only"},
            servers=[{"url": server.removesuffix("/api/v1") or "/"}], tags=_tags(),
        )  # fmt: skip
        for route in documented_routes(app):
            _complete(document["paths"][route.path_format][route.method.lower()], route)
        shared = components()
        schemas = _without_frameworks(document["components"]["schemas"]) | _of_errors(app)
        document["components"] = {**shared, "schemas": schemas | shared["schemas"]}
        app.openapi_schema = with_shared_parts(with_published_names(document))
    return app.openapi_schema


def _of_errors(app: FastAPI) -> dict[str, Any]:
    """Returns the schemas of errors that are those of one API."""
    models = {route.dialect.error_model for route in documented_routes(app)}
    return schemas_of(*(model for model in models if model))


def documented_routes(app: FastAPI) -> Iterator[PolicyRoute]:
    return (route for route in app.routes if isinstance(route, PolicyRoute) and route.include_in_schema)


def _complete(operation: dict[str, Any], route: PolicyRoute) -> None:
    """Adds texts, authentication, headers and errors to one operation."""
    apply_texts(operation)
    operation["security"] = _security(route)
    if route.rule.sends:
        operation.setdefault("parameters", []).append(ref("parameters", "IdempotencyKey"))
    answers = {status: answer for status, answer in operation["responses"].items() if status[0] in "23"}
    for status, answer in answers.items():
        answer["headers"] = {**_headers(route, int(status)), **answer.get("headers", {})}
    operation["responses"] = answers | _refusals(route, operation["responses"])


def _refusals(route: PolicyRoute, declared: dict[str, Any]) -> dict[str, Any]:
    """Errors that a route describes itself keep their content."""
    refused = {
        str(status): _refusal(route, status) | ({"description": text} if text else {})
        for status, text in sorted(refusals(route).items())
    }
    own = {status: declared[status] for status in map(str, route.responses) if status[0] in "45"}
    return refused | own


def _refusal(route: PolicyRoute, status: int) -> dict[str, Any]:
    """Errors of a dialect with a schema of its own are described in place."""
    if (model := route.dialect.error_model) is not None:
        return refusal(status, ref("schemas", model.__name__), None)
    own = route.dialect.invalid_response if status == route.dialect.invalid_status else None
    return ref("responses", own or NAMES[status])


def _headers(route: PolicyRoute, status: int) -> dict[str, Any]:
    rate, replayed = RATE if route.rule.scope else (), ["Idempotent-Replayed"] if route.rule.sends else ()
    names = ["X-Request-ID", *rate, *replayed, *ALWAYS.get(status, ())]
    return {name: header(name, status) for name in names}


def _security(route: PolicyRoute) -> list[dict[str, list[str]]]:
    """Returns no login, an optional one, or a required one."""
    if route.rule.policy is Policy.OPEN:
        return []
    return [
        *([{}] if route.rule.allows_anonymous(route.method) else []),
        *({name: [] for name in ((one,) if isinstance(one, str) else one)} for one in route.dialect.schemes),
    ]


def _without_frameworks(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: schema for name, schema in schemas.items() if name not in ("HTTPValidationError", "ValidationError")}


def _tags() -> list[dict[str, str]]:
    return [{"name": name, "description": text} for name, text in texts()[TAGS].items()]
