"""Proving an address, in two steps. Answers have the shape that the old pages read: `message` or `error`."""

from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.gateway.accounts import ConfirmEmail, RequestEmailVerification
from contracts.shared import Actor
from contracts.verdict import Accepted, Refused
from gateway.auth.verification import proves, user_id_of
from gateway.call import Call, call_of
from gateway.policy import Policy
from gateway.problems import refusal
from gateway.routing import Routes
from gateway.schema import OTHER_WORDS, Message
from kit.errors import Unavailable

routes = Routes("accounts")
Part = Annotated[str, Query(max_length=1000)]
INVALID = "This link is not valid. Please ask for a new one."


@routes.post(
    "/auth/me/request-email-verification/", Policy.AUTH, Message, scope="verification_mail", responses=OTHER_WORDS
)
async def request_email_verification(request: Request) -> Response:
    call = call_of(request)
    verdict = await call.door.bus.send(RequestEmailVerification(), call.actor)
    if isinstance(verdict, Refused) and verdict.code in ("email_verified", "no_email"):
        return _message(verdict.detail, 400)
    return _done(request, verdict) or _message("A mail with a link is on its way to you.")


@routes.get("/auth/me/verify-email/", Policy.ANON, Message, responses=OTHER_WORDS)
async def verify_email(request: Request, uid: Part = "", token: Part = "") -> Response:
    """200 also for an address that is proven already."""
    if not (uid and token):
        return _error("The link is not complete: uid and token are needed.")
    call = call_of(request)
    user_id = user_id_of(uid)
    user = await call.door.users.account(user_id) if user_id is not None else None
    if user is None:
        return _error(INVALID)
    if user["email_verified"]:
        return _message("Your email is verified already.")
    if not proves(user, token, call.door.settings.signing_key.get_secret_value()):
        return _error(INVALID)
    return await _confirmed(request, call, user)


async def _confirmed(request: Request, call: Call, user: dict[str, Any]) -> Response:
    """In the name of the account: the token is its proof, whoever is logged in in this browser."""
    owner = Actor(id=user["id"], username=user["username"])
    verdict = await call.door.bus.send(ConfirmEmail(email=user["email"]), owner)
    if isinstance(verdict, Refused) and verdict.code == "another_email":
        return _error(INVALID)
    return _done(request, verdict) or _message("Your email is verified.")


def _done(request: Request, verdict: Accepted | Refused | None) -> Response | None:
    """None when it is; these commands expire, so silence means that it is not."""
    if isinstance(verdict, Refused):
        return refusal(verdict, request.url.path)
    if verdict is None:
        raise Unavailable("no_verdict", "This takes too long, try again.")
    return None


def _message(text: str, status: int = 200) -> Response:
    return JSONResponse({"message": text}, status)


def _error(text: str) -> Response:
    return JSONResponse({"error": text}, 400)
