"""The HTTP application: routes, errors, CORS, the OpenAPI document."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from gateway.apis import dashboards, fair, fair_v1, labelstore, packages
from gateway.apis.fair.platform import documents, frontend
from gateway.http import problems
from gateway.http.dispatch.application import Application
from gateway.http.dispatch.route_index import IndexedRouter
from gateway.http.middleware import GatewayMiddleware
from gateway.openapi.document import openapi_document
from gateway.settings import HttpSettings

REQUEST_HEADERS = [
    "authorization", "content-type", "x-csrftoken", "x-requested-with", "idempotency-key", "last-event-id",
    "traceparent", "x-dev-user", "access-token", "range", "authentication-key", "authentication-secret", "if-match",
]  # fmt: skip
ANSWER_HEADERS = [
    "location", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "idempotent-replayed",
    "x-request-id", "etag", "x-schema-error",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def application(settings: HttpSettings) -> FastAPI:
    """Builds the application. `app.state.context` must be set before the first request."""
    app = Application(
        title=documents.TITLE, version="2.0.0", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        middleware=[Middleware(GatewayMiddleware, settings=settings, cors=_cors(settings))],
    )  # fmt: skip
    app.router = _router(built_routes())
    problems.register(app)
    frontend.register(app.router, settings)
    app.openapi = lambda: openapi_document(app, settings.api_base_url)  # type: ignore[method-assign]
    return app


@cache
def built_routes() -> tuple[BaseRoute, ...]:
    """All but the frontend's: the same for any settings, so that a process builds them once."""
    router = _router(())
    for module in (*fair.MODULES, *labelstore.MODULES, *fair_v1.MODULES, *packages.MODULES, *dashboards.MODULES):
        module.routes.register(router)
    return tuple(router.routes)


def _router(routes: Iterable[BaseRoute]) -> IndexedRouter:
    return IndexedRouter(
        routes=list(routes), redirect_slashes=False, generate_unique_id_function=lambda route: route.name
    )


def _cors(settings: HttpSettings) -> dict[str, Any]:
    return {
        "allow_origins": settings.origins, "allow_origin_regex": ".*" if settings.any_origin else None,
        "allow_credentials": True, "allow_methods": METHODS, "allow_headers": REQUEST_HEADERS,
        "expose_headers": ANSWER_HEADERS, "max_age": 86_400,
    }  # fmt: skip
