"""Whether a login still counts where it was made. A signature alone does not tell: sessions can be ended there."""

import logging

import httpx

from gateway.auth.cache import Recent
from kit.errors import Unauthenticated, Unavailable

log = logging.getLogger("gateway.sessions")
REMEMBERED = 60.0
TIMEOUT = 3.0


class Sessions:
    """Hanko's `/sessions/validate`. To ask counts as activity there, so only what is costly or an administrator's is
    asked for."""

    def __init__(self, address: str) -> None:
        self.address = f"{address}/sessions/validate"
        self._recent: Recent[bool] = Recent()

    async def check(self, token: str) -> None:
        """Unauthenticated for a session that was ended, Unavailable while nobody can tell."""
        if self._recent.get(token):
            return
        if not await self._is_valid(token):
            raise Unauthenticated("session_ended", "This login was ended. Log in again.")
        self._recent.put(token, True, REMEMBERED)

    async def _is_valid(self, token: str) -> bool:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT) as client:
                answer = await client.post(self.address, json={"session_token": token})
            return answer.raise_for_status().json()["is_valid"] is True
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("sessions.unreachable", extra={"facts": {"reason": repr(error)}})
            raise Unavailable("login_unavailable", "The login service cannot be asked now, try again.") from error
