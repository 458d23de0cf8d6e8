"""Stars of users, and of anonymous browsers."""

from hashlib import sha256
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import stars as c
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import existing_response
from kit.errors import Invalid

routes = Routes("stars", FAIR)
LONGEST = 200
Target = Annotated[
    str,
    Query(
        description="Name of a model or `stac_id` of a dataset",
        json_schema_extra={"maxLength": LONGEST},
    ),
]


@routes.get("/stars/", Policy.ANON, c.Star)
async def get_star(request: Request, target_id: Target = "") -> Response:
    return await ask(request, c.GetStar(target_id=_target(target_id), identity=_identity(request)))


@routes.post("/stars/", Policy.ANON, c.GivenStar, status=201, responses=existing_response(c.GivenStar), sends=c.AddStar)
async def add_star(request: Request, target_id: Target = "") -> Response:
    """Returns 201 for a new star, 200 for one that existed."""
    return await send(request, c.AddStar(target_id=_target(target_id), identity=_identity(request)))


@routes.delete("/stars/", Policy.ANON, sends=c.RemoveStar)
async def remove_star(request: Request, target_id: Target = "") -> Response:
    return await send(request, c.RemoveStar(target_id=_target(target_id), identity=_identity(request)))


def _target(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST or "\0" in text:
        message = f"target_id is required: 1 to {LONGEST} characters."
        raise Invalid("target_id", message, target_id=[message])
    return text


def _identity(request: Request) -> str | None:
    """Returns a key for an anonymous browser, None for a user."""
    context = request_context(request)
    if not context.actor.is_anonymous:
        return None
    host = request.client.host if request.client else ""
    return sha256(f"{host}|{context.headers.get('user-agent', '')}".encode()).hexdigest()
