"""Who one is here, and what of it one may change."""

import asyncio
from typing import Annotated, Any

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.base import Query
from contracts.catalog.datasets import ListDatasets
from contracts.catalog.models import ListLocalModels
from contracts.gateway import ChangeProfile, Delivery, Profile
from contracts.notify import ListNotifications
from contracts.shared import Page
from gateway.auth.profile import profile_of
from gateway.body import Body
from gateway.call import Call, call_of
from gateway.commands import send
from gateway.policy import Policy
from gateway.routing import Routes
from kit.errors import DomainError

routes = Routes("accounts")
ONE = Page(limit=1)
NOT_COUNTED = {"feedbacks_count": None, "approved_predictions_count": None}
"""No service keeps feedback yet."""


class OwnProfile(Profile):
    """A count is null while no service answers for it."""

    models_count: int | None
    datasets_count: int | None
    feedbacks_count: int | None
    approved_predictions_count: int | None
    unread_notifications_count: int | None


class ProfileBody(Body):
    email: Annotated[str, Field(max_length=254)] | None = None
    account_deletion_requested: bool | None = None
    newsletter_subscription: bool | None = None
    notifications_delivery_methods: list[Delivery] | None = None


@routes.get("/auth/status/", Policy.ANON)
async def auth_status(request: Request) -> Response:
    call = call_of(request)
    name, who = call.door.provider.name, call.who
    status: dict[str, Any] = {"auth_provider": name, "authenticated": not who.actor.is_anonymous}
    if name == "hanko":
        status |= _hanko_status(call)
    return JSONResponse(status)


def _hanko_status(call: Call) -> dict[str, Any]:
    external, actor = call.who.external, call.actor
    if external is None:
        return {"hanko_authenticated": False}
    identity = {"hanko_user": {"id": external.id, "email": external.email}}
    if call.who.needs_onboarding:
        return {"needs_onboarding": True, "hanko_authenticated": True, **identity}
    user = {"osm_id": actor.id, "username": actor.username, "is_real_osm": actor.id > 0}
    return {"needs_onboarding": False, "user": user, **identity}


@routes.get("/auth/me/", Policy.AUTH, OwnProfile)
async def show_me(request: Request) -> Response:
    call = call_of(request)
    profile = profile_of(await call.door.users.seen(call.actor.id))
    return JSONResponse(profile.model_dump(mode="json") | await _counts(call))


@routes.patch("/auth/me/", Policy.AUTH, OwnProfile)
async def change_me(request: Request, body: ProfileBody) -> Response:
    call = call_of(request)
    response = await send(request, ChangeProfile(**body.model_dump(exclude_none=True)))
    if response.status_code != 200:
        return response
    return JSONResponse(orjson.loads(response.body) | await _counts(call), headers=_kept(response))


def _kept(response: Response) -> dict[str, str]:
    return {k: v for k, v in response.headers.items() if k not in ("content-length", "content-type")}


async def _counts(call: Call) -> dict[str, int | None]:
    """Asked of all owners at the same time."""
    queries = {
        "models_count": ListLocalModels(user=call.actor.id, page=ONE),
        "datasets_count": ListDatasets(user=call.actor.id, page=ONE),
        "unread_notifications_count": ListNotifications(is_read=False, page=ONE),
    }
    counts = await asyncio.gather(*(_count(call, query) for query in queries.values()))
    return NOT_COUNTED | dict(zip(queries, counts, strict=True))


async def _count(call: Call, query: Query) -> int | None:
    try:
        return orjson.loads(await call.door.bus.ask(query, call.actor, wait=1.0))["count"]
    except DomainError:
        return None
