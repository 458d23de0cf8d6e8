"""Who one is here, and what of it one may change."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.gateway import ChangeProfile, Delivery, Profile
from gateway.auth.counts import Counts, counts_of
from gateway.auth.profile import profile_of
from gateway.body import Body
from gateway.call import Call, call_of
from gateway.commands import send
from gateway.policy import Policy
from gateway.routing import Routes
from kit.errors import DomainError

routes = Routes("accounts")
NONE: Counts = dict.fromkeys(
    (
        "models_count", "datasets_count", "feedbacks_count", "approved_predictions_count",
        "unread_notifications_count",
    ), 0,
)  # fmt: skip


class OwnProfile(Profile):
    """`feedbacks_count` are rejections, `approved_predictions_count` acceptances. A count is 0 while its service does
    not answer."""

    models_count: int
    datasets_count: int
    feedbacks_count: int
    approved_predictions_count: int
    unread_notifications_count: int


class ProfileBody(Body):
    email: Annotated[str, Field(max_length=254)] | None = None
    account_deletion_requested: bool | None = None
    newsletter_subscription: bool | None = None
    notifications_delivery_methods: list[Delivery] | None = None


class HankoUser(BaseModel):
    id: str
    email: str


class LinkedUser(BaseModel):
    osm_id: int
    username: str
    is_real_osm: bool


class AuthStatus(BaseModel):
    """The members after `authenticated` are those of deployments with Hanko."""

    auth_provider: Literal["dev", "hanko", "legacy"]
    authenticated: bool
    hanko_authenticated: bool | None = None
    needs_onboarding: bool | None = None
    hanko_user: HankoUser | None = None
    user: LinkedUser | None = None


@routes.get("/auth/status/", Policy.ANON, AuthStatus)
async def auth_status(request: Request) -> Response:
    call = call_of(request)
    name = "legacy" if call.who.legacy else call.door.provider.name
    status: dict[str, Any] = {"auth_provider": name, "authenticated": not call.actor.is_anonymous}
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


@routes.patch("/auth/me/", Policy.AUTH, OwnProfile, sends=ChangeProfile)
async def change_me(request: Request, body: ProfileBody) -> Response:
    call = call_of(request)
    response = await send(request, ChangeProfile(**body.model_dump(exclude_none=True)))
    if response.status_code != 200:
        return response
    return JSONResponse(orjson.loads(response.body) | await _counts(call), headers=_kept(response))


def _kept(response: Response) -> dict[str, str]:
    return {k: v for k, v in response.headers.items() if k not in ("content-length", "content-type")}


async def _counts(call: Call) -> Counts:
    """Without the bus there is nobody to ask, and a profile all the same."""
    try:
        return await counts_of(call.actor, call.door.bus)
    except DomainError:
        return NONE
