"""Onboarding: the login portal redirects identities here that have no account yet."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.gateway.accounts import Onboard
from contracts.verdict import Refused
from gateway.apis.fair.dialect import FAIR
from gateway.http.pagination import Word
from gateway.http.policy import Policy
from gateway.http.problems import refusal
from gateway.http.request_context import RequestContext, request_context
from gateway.http.routing import Routes
from gateway.identity.onboarding.osm_connection import OsmConnection, connection_of
from gateway.identity.onboarding.state import NAME
from gateway.identity.provider import ExternalIdentity, bearer, cookie
from kit.errors import Invalid, Unauthenticated, Unavailable

routes = Routes("accounts", FAIR)
CHOOSE = "Please confirm again which account you want to use."


@routes.get("/auth/onboarding/", Policy.ANON, status=302, refuses={409: "The login or the account is linked already."})
async def onboarding(request: Request, new_user: Word = "") -> Response:
    """`new_user=true` creates an account with a negative id; otherwise the OSM account that was connected at the portal
    is used. Redirects to the frontend. Redirects back to the portal when no account with that OSM id exists, or when a
    browser sends the login cookie without a valid onboarding cookie."""
    context = request_context(request)
    external = _identity(context)
    state, command_id = context.app.onboarding, None
    if bearer(context.headers) is None:
        command_id = state.command_id(cookie(context.headers, NAME), external.id)
        if command_id is None:
            return state.give(_portal(context, CHOOSE), external.id)
    osm = None if new_user.lower() == "true" else _osm_account(context)
    command = Onboard(
        hanko_user_id=external.id, email=external.email, email_verified=external.verified is True,
        osm_id=osm.osm_id if osm else None,
    )  # fmt: skip
    verdict = await context.app.bus.send(command, context.actor, command_id)
    if verdict is None:
        raise Unavailable("no_verdict", "The request timed out, try again.")
    if isinstance(verdict, Refused):
        return state.give(_refused(context, verdict, osm, request.url.path), external.id)
    return state.take_back(RedirectResponse(context.app.settings.frontend_url, 302))


def _refused(context: RequestContext, verdict: Refused, osm: OsmConnection | None, path: str) -> Response:
    if osm and verdict.code == "osm_user_unknown":
        return _portal(context, f"The OSM account {osm.username} has not been used here yet.")
    return refusal(verdict, path)


def _identity(context: RequestContext) -> ExternalIdentity:
    if context.app.provider.name != "hanko":
        raise Invalid("not_hanko", "Onboarding needs a deployment with Hanko as its provider.")
    if context.identity.external is None:
        raise Unauthenticated("login_required", "Please log in at the portal first.")
    return context.identity.external


def _osm_account(context: RequestContext) -> OsmConnection:
    secret = context.app.settings.cookie_secret
    osm = connection_of(context.headers, secret.get_secret_value()) if secret else None
    if osm is None:
        raise Unauthenticated("LOGIN_ERROR", "There is no OSM connection; please connect OpenStreetMap at the portal.")
    return osm


def _portal(context: RequestContext, error: str) -> Response:
    settings = context.app.settings
    asked = {"onboarding": "fair", "return_to": settings.frontend_url, "error": error}
    return RedirectResponse(f"{settings.login_url}/app?{urlencode(asked)}", 302)
