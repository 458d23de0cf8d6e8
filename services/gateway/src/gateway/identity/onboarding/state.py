"""The onboarding cookie. Without it a GET that a browser sends by itself neither creates nor links an account.

A page of the platform sets it when it requests the login status, or the first onboarding request without it does;
`SameSite=Lax` keeps it from requests that foreign pages embed. It names the identity, expires after an hour, and
determines the id of the command, so that each cookie has one effect.
"""

import secrets
from uuid import UUID, uuid5

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.responses import Response

NAME = "fair_onboarding"
LIFE = 3600
"""Seconds."""
_COMMANDS = UUID("6f6e626f-6172-4469-a067-666169720001")


class OnboardingState:
    def __init__(self, secret: str, path: str, secure: bool) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="onboarding")
        self.path, self.secure = path, secure

    def command_id(self, state: str | None, hanko_user_id: str) -> UUID | None:
        """Returns the id of the command of this state; None for a state that is forged, expired, or of another
        identity."""
        try:
            owner, nonce = self._signer.loads(state or "", max_age=LIFE)
        except (BadData, ValueError, TypeError):
            return None
        return uuid5(_COMMANDS, f"{owner} {nonce}") if owner == hanko_user_id else None

    def give(self, response: Response, hanko_user_id: str) -> Response:
        state = self._signer.dumps([hanko_user_id, secrets.token_urlsafe(16)])
        assert isinstance(state, str)
        response.set_cookie(NAME, state, LIFE, path=self.path, secure=self.secure, httponly=True, samesite="lax")
        return response

    def take_back(self, response: Response) -> Response:
        response.delete_cookie(NAME, path=self.path, secure=self.secure, httponly=True, samesite="lax")
        return response
