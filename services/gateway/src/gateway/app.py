"""The HTTP application: routes, problems, browsers' rules, the OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from gateway import problems, v1
from gateway.api import (
    aois,
    auth,
    banners,
    base_models,
    categories,
    commands,
    datasets,
    dead_letters,
    documents,
    events,
    feedback,
    files,
    frontend,
    geodata,
    inference,
    kpi,
    labels,
    live,
    local_models,
    mappings,
    mapswipe,
    model_cards,
    notifications,
    onboarding,
    osm,
    predictions,
    public_predictions,
    stars,
    system,
    trainings,
    user_state,
    verification,
    webhooks,
)
from gateway.description import described
from gateway.edge import Edge
from gateway.settings import DoorSettings

MODULES = (
    aois, labels, geodata, datasets, trainings, predictions, live, public_predictions, categories, base_models,
    local_models, model_cards, notifications, auth, verification, onboarding, events, commands, dead_letters, mappings,
    system, documents, stars, feedback, files, osm, banners, user_state, kpi, mapswipe, webhooks, inference,
    *v1.MODULES,
)  # fmt: skip
"""In the order of how often they are asked: routes are tried one after the other."""
REQUEST_HEADERS = [
    "authorization", "content-type", "x-csrftoken", "x-requested-with", "idempotency-key", "last-event-id",
    "traceparent", "x-dev-user", "access-token", "range",
]  # fmt: skip
ANSWER_HEADERS = [
    "location", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "idempotent-replayed",
    "x-request-id",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def application(settings: DoorSettings) -> FastAPI:
    """`app.state.door` is to be set before the first request."""
    app = FastAPI(
        title=documents.TITLE, version="2.0.0", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        middleware=[Middleware(Edge, settings=settings, cors=_cors(settings))],
    )  # fmt: skip
    problems.register(app)
    for module in MODULES:
        module.routes.into(app)
    frontend.into(app, settings)
    app.openapi = lambda: described(app, settings.api_base_url)  # type: ignore[method-assign]
    return app


def _cors(settings: DoorSettings) -> dict[str, Any]:
    return {
        "allow_origins": settings.origins, "allow_origin_regex": ".*" if settings.any_origin else None,
        "allow_credentials": True, "allow_methods": METHODS, "allow_headers": REQUEST_HEADERS,
        "expose_headers": ANSWER_HEADERS, "max_age": 86_400,
    }  # fmt: skip
