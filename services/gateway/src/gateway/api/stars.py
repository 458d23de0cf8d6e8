"""Stars of people, and of browsers nobody logged in with."""

from hashlib import sha256
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import stars as c
from gateway.call import call_of
from gateway.commands import send
from gateway.policy import Policy
from gateway.queries import ask
from gateway.routing import Routes
from gateway.schema import was_there
from kit.errors import Invalid

routes = Routes("stars")
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


@routes.post("/stars/", Policy.ANON, c.GivenStar, status=201, responses=was_there(c.GivenStar), sends=c.AddStar)
async def add_star(request: Request, target_id: Target = "") -> Response:
    """201 for a new star, 200 for one that was there."""
    return await send(request, c.AddStar(target_id=_target(target_id), identity=_identity(request)))


@routes.delete("/stars/", Policy.ANON, sends=c.RemoveStar)
async def remove_star(request: Request, target_id: Target = "") -> Response:
    return await send(request, c.RemoveStar(target_id=_target(target_id), identity=_identity(request)))


def _target(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST or "\0" in text:
        words = f"target_id is required: 1 to {LONGEST} characters."
        raise Invalid("target_id", words, target_id=[words])
    return text


def _identity(request: Request) -> str | None:
    """Of an anonymous browser; None for people."""
    call = call_of(request)
    if not call.actor.is_anonymous:
        return None
    host = request.client.host if request.client else ""
    return sha256(f"{host}|{call.headers.get('user-agent', '')}".encode()).hexdigest()
