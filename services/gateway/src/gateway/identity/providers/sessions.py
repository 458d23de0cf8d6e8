"""Checks at the identity provider whether a session is still valid: a signature alone does not show that it has
ended."""

import logging

import httpx

from gateway.identity.ttl_cache import TtlCache
from kit.errors import Unauthenticated, Unavailable
from kit.http.connections import trusted

log = logging.getLogger("gateway.sessions")
REMEMBERED = 60.0
TIMEOUT = 3.0


class Sessions:
    """Hanko's `/sessions/validate`. Hanko counts each check as activity, so only costly and administrative requests are
    checked."""

    def __init__(self, address: str) -> None:
        self.address = f"{address}/sessions/validate"
        self._recent: TtlCache[bool] = TtlCache()

    async def check(self, token: str) -> None:
        """Raises Unauthenticated for a session that has ended, Unavailable while that cannot be checked."""
        if self._recent.get(token):
            return
        if not await self._is_valid(token):
            raise Unauthenticated("session_ended", "This login was ended. Log in again.")
        self._recent.put(token, True, REMEMBERED)

    async def _is_valid(self, token: str) -> bool:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT, verify=trusted()) as client:
                answer = await client.post(self.address, json={"session_token": token})
            return answer.raise_for_status().json()["is_valid"] is True
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("sessions.unreachable", extra={"fields": {"reason": repr(error)}})
            raise Unavailable("login_unavailable", "The login service is not reachable, try again.") from error
