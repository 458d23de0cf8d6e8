"""E-mail verification in two steps. Responses have the members `message` or `error`, which older pages read."""

from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.gateway.accounts import ConfirmEmail, RequestEmailVerification
from contracts.shared import Actor
from contracts.verdict import Accepted, Refused
from gateway.apis.fair.dialect import FAIR
from gateway.http.limits.throttle import throttle_mailbox
from gateway.http.policy import Policy
from gateway.http.problems import refusal
from gateway.http.request_context import RequestContext, request_context
from gateway.http.routing import Routes
from gateway.identity.verification import is_valid_proof, user_id_of
from gateway.openapi.schemas import OTHER_WORDS, Message
from kit.errors import Unavailable

routes = Routes("accounts", FAIR)
Part = Annotated[str, Query(max_length=1000)]
INVALID = "This link is not valid. Please request a new one."


@routes.post(
    "/auth/me/request-email-verification/", Policy.AUTH, Message, scope="verification_mail", responses=OTHER_WORDS
)
async def request_email_verification(request: Request) -> Response:
    context = request_context(request)
    account = await context.app.users.account(context.actor.id)
    if account and account["email"] and not account["email_verified"]:
        await throttle_mailbox(context.app, account["email"])
    verdict = await context.app.bus.send(RequestEmailVerification(), context.actor)
    if isinstance(verdict, Refused) and verdict.code in ("email_verified", "no_email"):
        return _message(verdict.detail, 400)
    return _done(request, verdict) or _message("An e-mail with a link was sent to you.")


@routes.get("/auth/me/verify-email/", Policy.ANON, Message, responses=OTHER_WORDS)
async def verify_email(request: Request, uid: Part = "", token: Part = "") -> Response:
    """Returns 200 as well for a link that was followed before. Without a valid token the response does not reveal
    whether the account exists."""
    if not (uid and token):
        return _error("The link is incomplete: uid and token are required.")
    context = request_context(request)
    user_id = user_id_of(uid)
    user = await context.app.users.account(user_id) if user_id is not None else None
    if user is None or not _is_proof(context, user, token):
        return _error(INVALID)
    if user["email_verified"]:
        return _message("Your email is verified already.")
    return await _confirmed(request, context, user)


def _is_proof(context: RequestContext, user: dict[str, Any], token: str) -> bool:
    """True as well for a link that was followed before."""
    return is_valid_proof(user | {"email_verified": False}, token, context.app.settings.signing_key.get_secret_value())


async def _confirmed(request: Request, context: RequestContext, user: dict[str, Any]) -> Response:
    """Sends the command in the name of the account: the token is the proof, whoever is logged in in this browser."""
    owner = Actor(id=user["id"], username=user["username"])
    verdict = await context.app.bus.send(ConfirmEmail(email=user["email"]), owner)
    if isinstance(verdict, Refused) and verdict.code == "another_email":
        return _error(INVALID)
    return _done(request, verdict) or _message("Your email is verified.")


def _done(request: Request, verdict: Accepted | Refused | None) -> Response | None:
    """Returns None when the command succeeded. These commands expire, so a missing verdict means failure."""
    if isinstance(verdict, Refused):
        return refusal(verdict, request.url.path)
    if verdict is None:
        raise Unavailable("no_verdict", "The request timed out, try again.")
    return None


def _message(text: str, status: int = 200) -> Response:
    return JSONResponse({"message": text}, status)


def _error(text: str) -> Response:
    return JSONResponse({"error": text}, 400)
