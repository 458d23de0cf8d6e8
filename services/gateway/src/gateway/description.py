"""The OpenAPI document: what the routes do not say by themselves."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.schema import Problem

TAGS = {
    "accounts": "Who one is here: login, profile, proof of the address, onboarding.",
    "datasets": "Training data, built from AOIs, imagery and labels.",
    "aois": "Areas of interest.",
    "local-models": "Models that were trained here.",
    "trainings": "Training runs.",
    "predictions": "Prediction runs and their results.",
    "public-predictions": "Predictions that their owners published.",
    "feedback": "What people say of single predictions.",
    "banners": "Announcements.",
    "notifications": "What a person was told.",
    "workspace": "The files in the bucket.",
    "stars": "What people like.",
    "user-state": "What a page wants to find again.",
    "system": "Health and documents.",
}
"""In the order in which readers meet them; tags of further routes follow."""
SCHEME = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def described(app: FastAPI, server: str) -> dict[str, Any]:
    """OpenAPI 3.1; made once. `server` is the public address, `/api/v1` included, which the paths repeat."""
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title, version=app.version, description="AI-Assisted Mapping", routes=app.routes,
            license_info={"name": "AGPL-3.0", "identifier": "AGPL-3.0-only"},
            servers=[{"url": server.removesuffix("/api/v1") or "/"}], tags=_tags(app),
        )  # fmt: skip
        components = document.setdefault("components", {})
        components["securitySchemes"] = {"bearer": SCHEME}
        schemas = components.setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= {**problem.pop("$defs"), "Problem": problem}
        app.openapi_schema = document
    return app.openapi_schema


def _tags(app: FastAPI) -> list[dict[str, str]]:
    used = dict.fromkeys(tag for route in app.routes for tag in getattr(route, "tags", ()))
    return [
        *({"name": name, "description": text} for name, text in TAGS.items()),
        *({"name": name} for name in used if name not in TAGS),
    ]
