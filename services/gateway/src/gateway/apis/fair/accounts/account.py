"""Login status and profile of the caller."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.gateway import ChangeProfile, Delivery, Profile
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body
from gateway.http.policy import Policy
from gateway.http.request_context import RequestContext, request_context
from gateway.http.routing import Routes
from gateway.identity.onboarding.state import NAME
from gateway.identity.ownership_counts import Counts, counts_of
from gateway.identity.profile import profile_of
from gateway.identity.provider import bearer, cookie
from kit.errors import DomainError

routes = Routes("accounts", FAIR)
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
    """The members after `authenticated` exist only in deployments with Hanko."""

    auth_provider: Literal["dev", "hanko", "legacy"]
    authenticated: bool
    hanko_authenticated: bool | None = None
    needs_onboarding: bool | None = None
    hanko_user: HankoUser | None = None
    user: LinkedUser | None = None


class Logins(BaseModel):
    auth_provider: Literal["dev", "hanko"]
    portal_url: str | None
    """Page of the login portal, to which `return_to` names the page to go on with; only with Hanko."""
    openstreetmap: bool
    """Whether `/auth/login/` answers with an address."""


@routes.get("/auth/logins/", Policy.OPEN, Logins)
async def list_logins(request: Request) -> Response:
    app = request_context(request).app
    is_hanko = app.provider.name == "hanko"
    found = {
        "auth_provider": app.provider.name, "portal_url": f"{app.settings.login_url}/app" if is_hanko else None,
        "openstreetmap": app.osm is not None,
    }  # fmt: skip
    return JSONResponse(found)


@routes.get("/auth/status/", Policy.ANON, AuthStatus)
async def auth_status(request: Request) -> Response:
    context = request_context(request)
    name = "legacy" if context.identity.legacy else context.app.provider.name
    status: dict[str, Any] = {"auth_provider": name, "authenticated": not context.actor.is_anonymous}
    if name == "hanko":
        status |= _hanko_status(context)
    return _prepared(context, JSONResponse(status))


def _prepared(context: RequestContext, response: Response) -> Response:
    """Adds the onboarding cookie for an identity without an account, which a browser needs when it returns from the
    portal."""
    external, state = context.identity.external, context.app.onboarding
    if external is None or not context.identity.needs_onboarding or bearer(context.headers):
        return response
    has_state = state.command_id(cookie(context.headers, NAME), external.id) is not None
    return response if has_state else state.give(response, external.id)


def _hanko_status(context: RequestContext) -> dict[str, Any]:
    external, actor = context.identity.external, context.actor
    if external is None:
        return {"hanko_authenticated": False}
    identity = {"hanko_user": {"id": external.id, "email": external.email}}
    if context.identity.needs_onboarding:
        return {"needs_onboarding": True, "hanko_authenticated": True, **identity}
    user = {"osm_id": actor.id, "username": actor.username, "is_real_osm": actor.id > 0}
    return {"needs_onboarding": False, "user": user, **identity}


@routes.get("/auth/me/", Policy.AUTH, OwnProfile)
async def show_me(request: Request) -> Response:
    context = request_context(request)
    profile = profile_of(await context.app.users.touch_last_login(context.actor.id))
    return JSONResponse(profile.model_dump(mode="json") | await _counts(context))


@routes.patch("/auth/me/", Policy.AUTH, OwnProfile, sends=ChangeProfile)
async def change_me(request: Request, body: ProfileBody) -> Response:
    context = request_context(request)
    response = await send(request, ChangeProfile(**body.model_dump(exclude_none=True)))
    if response.status_code != 200:
        return response
    return JSONResponse(orjson.loads(response.body) | await _counts(context), headers=_kept(response))


def _kept(response: Response) -> dict[str, str]:
    return {k: v for k, v in response.headers.items() if k not in ("content-length", "content-type")}


async def _counts(context: RequestContext) -> Counts:
    """Returns zeros while the bus is not connected: the profile is served without counts."""
    try:
        return await counts_of(context.actor, context.app.bus)
    except DomainError:
        return NONE
