"""Where the login portal sends people whom we do not know yet."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.gateway.accounts import Onboard
from contracts.verdict import Refused
from gateway.auth.identity import External
from gateway.auth.osm_cookie import OsmConnection, connection_of
from gateway.call import Call, call_of
from gateway.paging import Word
from gateway.policy import Policy
from gateway.problems import refusal
from gateway.routing import Routes
from kit.errors import Invalid, Unauthenticated, Unavailable

routes = Routes("accounts")


@routes.get("/auth/onboarding/", Policy.ANON, status=302, refuses={409: "The login or the account is linked already."})
async def onboarding(request: Request, new_user: Word = "") -> Response:
    """`new_user=true` makes an account under a negative id; otherwise the OSM account counts that was connected at the
    portal. Ends on the frontend, or back at the portal when nobody here has that OSM account."""
    call = call_of(request)
    external = _identity(call)
    osm = None if new_user.lower() == "true" else _osm_account(call)
    command = Onboard(
        hanko_user_id=external.id, email=external.email, email_verified=external.verified,
        osm_id=osm.osm_id if osm else None,
    )  # fmt: skip
    verdict = await call.door.bus.send(command, call.actor)
    if verdict is None:
        raise Unavailable("no_verdict", "This takes too long, try again.")
    if osm and isinstance(verdict, Refused) and verdict.code == "osm_user_unknown":
        return RedirectResponse(_portal(call, osm), 302)
    if isinstance(verdict, Refused):
        return refusal(verdict, request.url.path)
    return RedirectResponse(call.door.settings.frontend_url, 302)


def _identity(call: Call) -> External:
    if call.door.provider.name != "hanko":
        raise Invalid("not_hanko", "Onboarding needs a deployment with Hanko as its provider.")
    if call.who.external is None:
        raise Unauthenticated("login_required", "Please log in at the portal first.")
    return call.who.external


def _osm_account(call: Call) -> OsmConnection:
    secret = call.door.settings.cookie_secret
    osm = connection_of(call.headers, secret.get_secret_value()) if secret else None
    if osm is None:
        raise Unauthenticated("LOGIN_ERROR", "There is no OSM connection; please connect OpenStreetMap at the portal.")
    return osm


def _portal(call: Call, osm: OsmConnection) -> str:
    settings = call.door.settings
    error = f"The OSM account {osm.username} has not been used here yet."
    asked = {"onboarding": "fair", "return_to": settings.frontend_url, "error": error}
    return f"{settings.login_url}/app?{urlencode(asked)}"
