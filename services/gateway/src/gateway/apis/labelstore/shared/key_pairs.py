"""Key pairs of label users: made here, so that no secret crosses the bus. Commands carry its hash."""

import hmac
import os
from dataclasses import dataclass, field
from hashlib import sha256

from pydantic import BaseModel
from starlette.requests import Request

from gateway.http.request_context import request_context
from gateway.identity.providers.secret_hashes import hash_of

HALF = 16
"""Bytes of either half."""


class LabelAccessToken(BaseModel):
    apikey: str | None
    apisecret: str | None


@dataclass(frozen=True)
class KeyPair:
    """Each half has 32 lower-case hex characters."""

    apikey: str
    apisecret: str = field(repr=False)

    @property
    def hash(self) -> str:
        return hash_of(self.apisecret)


def new_pair(request: Request) -> KeyPair:
    """Returns a random pair. Requests with the same Idempotency-Key get the same pair, derived from the signing key of
    this deployment: a repeat has the same body, and a lost answer does not lose the secret."""
    context = request_context(request)
    key = context.headers.get("idempotency-key")
    if key is None:
        halves = os.urandom(2 * HALF)
    else:
        signing = context.app.settings.signing_key.get_secret_value().encode()
        text = f"label key {context.actor.id} {request.method} {request.url.path.rstrip('/')} {key}"
        halves = hmac.digest(signing, text.encode(), sha256)
    return KeyPair(halves[:HALF].hex(), halves[HALF:].hex())
