"""An OIDC issuer like Hanko, and the login portal that turns the hash of a personal access token into a person.

`POST /token`, `/pat`, `/revoke` and `/end` stand for what happens in the browser, `/person` sets who logs in there
(the members of `/token`), `/asked`, `/rotate` and `/break` are for tests; the other routes are those the products have.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from stack.sandbox.web import application

INTERNAL_KEY = "sandbox-internal-key"
"""what the portal wants to find in the header X-Internal-Key"""
APP = "fair"
PERSON = {"sub": "sandbox-person", "email": "mapper@sandbox.example"}


class Issuer:
    """`keys` are (kid, private key), the newest last; it signs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: list[tuple[str, rsa.RSAPrivateKey]] = []
        self.down = False
        self.browser: dict[str, Any] = dict(PERSON)
        """Who logs in at the portal."""
        self.people: dict[str, dict[str, str]] = {}
        self.ended: set[str] = set()
        """Sessions that their people logged out of."""
        self.asked: dict[str, int] = {}
        """How often each hash of a token was asked for."""
        self.rotate()

    def rotate(self, keep: bool = True) -> str:
        """Signs with a new key from now on; tokens of the old ones stay good only if those are kept."""
        if not keep:
            self.keys.clear()
        self.keys.append((uuid.uuid4().hex, rsa.generate_private_key(public_exponent=65537, key_size=2048)))
        return self.keys[-1][0]

    def key_set(self) -> dict[str, Any]:
        if self.down:
            raise HTTPException(503, "broken on purpose")
        return {"keys": [_public(kid, key) for kid, key in self.keys]}

    def token(
        self, sub: str, email: str | dict[str, Any], username: str | None = None, exp_in: float = 3600,
        email_as_text: bool = False, **claims: Any,
    ) -> str:  # fmt: skip
        """Further claims replace the usual ones, so that a test can ask for a token with a wrong issuer or audience."""
        kid, key = self.keys[-1]
        now = int(time.time())
        usual = {
            "iss": self.url,
            "aud": ["localhost"],
            "sub": sub,
            "iat": now,
            "exp": now + int(exp_in),
            "email": _address(email, email_as_text),
            "session_id": str(uuid.uuid4()),
        }
        named = {"username": username} if username else {}
        return jwt.encode({**usual, **named, **claims}, key, algorithm="RS256", headers={"kid": kid})

    def end(self, token: str) -> dict[str, str]:
        session = str(jwt.decode(token, options={"verify_signature": False})["session_id"])
        self.ended.add(session)
        return {"session_id": session}

    def session(self, session_token: str) -> dict[str, bool]:
        if self.down:
            raise HTTPException(503, "broken on purpose")
        claims = jwt.decode(session_token, options={"verify_signature": False})
        return {"is_valid": claims["session_id"] not in self.ended}

    def access_token(self, sub: str, email: str) -> str:
        token = f"pat_{uuid.uuid4().hex}"
        self.people[hashlib.sha256(token.encode()).hexdigest()] = {"id": sub, "email": email}
        return token

    def revoke(self, token: str) -> dict[str, bool]:
        return {"revoked": self.people.pop(hashlib.sha256(token.encode()).hexdigest(), None) is not None}

    def person(self, token_hash: str, app: str) -> dict[str, str]:
        if self.down:
            raise HTTPException(503, "broken on purpose")
        if app != APP:
            raise HTTPException(404, "unknown app")
        self.asked[token_hash] = self.asked.get(token_hash, 0) + 1
        if token_hash not in self.people:
            raise HTTPException(404, "unknown token")
        return self.people[token_hash]

    def become(self, **person: Any) -> dict[str, Any]:
        self.browser = person
        return person

    def break_down(self, down: bool = True) -> dict[str, bool]:
        self.down = down
        return {"down": down}


def app(url: str) -> Starlette:
    issuer = Issuer(url)
    return application([*_product_routes(issuer), *_test_routes(issuer)])


def _product_routes(issuer: Issuer) -> list[Route]:
    async def keys(request: Request) -> JSONResponse:
        return JSONResponse(issuer.key_set())

    async def resolve(request: Request) -> JSONResponse:
        if request.headers.get("x-internal-key") != INTERNAL_KEY:
            raise HTTPException(401, "X-Internal-Key is wrong")
        body = await request.json()
        return JSONResponse(issuer.person(body["token_hash"], body["app"]))

    async def portal(request: Request) -> Response:
        """The person at the browser logs in at once and goes back."""
        if "return_to" not in request.query_params:
            return Response("The login portal", media_type="text/plain")
        back = RedirectResponse(request.query_params["return_to"], 302)
        back.set_cookie("hanko", issuer.token(**issuer.browser), httponly=True, samesite="lax")
        return back

    return [
        Route("/.well-known/jwks.json", keys),
        Route("/internal/resolve-token", resolve, methods=["POST"]),
        Route("/sessions/validate", _answer(issuer.session), methods=["POST"]),
        Route("/app", portal),
    ]


def _test_routes(issuer: Issuer) -> list[Route]:
    async def asked(request: Request) -> JSONResponse:
        return JSONResponse(issuer.asked)

    calls: dict[str, Callable[..., dict[str, Any]]] = {
        "/token": lambda **body: {"token": issuer.token(**body)},
        "/pat": lambda **body: {"token": issuer.access_token(**body)},
        "/revoke": issuer.revoke,
        "/end": issuer.end,
        "/person": issuer.become,
        "/rotate": lambda **body: {"kid": issuer.rotate(**body)},
        "/break": issuer.break_down,
    }
    posts = [Route(path, _answer(call), methods=["POST"]) for path, call in calls.items()]
    return [Route("/asked", asked), *posts]


def _answer(call: Callable[..., dict[str, Any]]) -> Callable[[Request], Awaitable[JSONResponse]]:
    """The members of the JSON body are the arguments; ones that do not fit answer 422."""

    async def endpoint(request: Request) -> JSONResponse:
        try:
            return JSONResponse(call(**json.loads(await request.body() or b"{}")))
        except (TypeError, ValueError) as error:
            raise HTTPException(422, str(error)) from error

    return endpoint


def _address(email: str | dict[str, Any], as_text: bool) -> str | dict[str, Any]:
    """Both forms are seen in the wild; an object is taken as it is."""
    if as_text or isinstance(email, dict):
        return email
    return {"address": email, "is_primary": True, "is_verified": True}


def _public(kid: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}
