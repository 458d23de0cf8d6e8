"""Login at OpenStreetMap with OAuth2, as in the first generation."""

import secrets
from typing import Any
from urllib.parse import urlencode

from gateway.identity.providers.osm_tokens import OsmPerson, OsmTokens, tokens_of
from gateway.identity.settings import OsmLoginSettings
from kit.errors import Invalid, Unavailable
from kit.http.outbound import JSON, Outbound, OutboundError

TIMEOUT = 6.0
"""Seconds for each of the two calls."""
CAP = 262_144


class OsmLogin:
    """`state` is not bound to a browser, because its clients store no cookies; it expires after ten minutes, and
    OpenStreetMap accepts each code once."""

    def __init__(self, settings: OsmLoginSettings, tokens: OsmTokens, outbound: Outbound) -> None:
        self.settings, self.tokens, self.outbound = settings, tokens, outbound

    def address(self) -> str:
        """Returns the address to which the browser must go."""
        asked = {
            "client_id": self.settings.osm_client_id, "redirect_uri": self.settings.osm_redirect_uri,
            "response_type": "code", "scope": self.settings.osm_scope,
            "state": self.tokens.state(secrets.token_urlsafe(16)),
        }  # fmt: skip
        return f"{self.settings.osm_url}/oauth2/authorize?{urlencode(asked)}"

    async def access_token(self, code: str, state: str) -> str:
        """Raises Invalid for a forged or expired state or a code that OpenStreetMap rejects; Unavailable with status
        502 for any other failure there."""
        if not self.tokens.is_ours(state):
            raise Invalid("bad_state", "This login has expired, please start again.", state=["is not valid any more"])
        return self.tokens.write(await self._person(await self._exchanged(code)))

    async def _exchanged(self, code: str) -> str:
        settings = self.settings
        assert settings.osm_client_secret
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": settings.osm_redirect_uri,
            "client_id": settings.osm_client_id, "client_secret": settings.osm_client_secret.get_secret_value(),
        }  # fmt: skip
        try:
            return str((await self._asked("POST", "/oauth2/token", data=form))["access_token"])
        except OutboundError as error:
            if error.status == 400:
                raise Invalid("bad_code", "OpenStreetMap rejected this code.", code=["is not valid"]) from error
            raise _failed(error.code) from error
        except (KeyError, TypeError) as error:
            raise _failed("wrong_content") from error

    async def _person(self, token: str) -> OsmPerson:
        try:
            details = await self._asked(
                "GET", "/api/0.6/user/details.json", headers={"authorization": f"Bearer {token}"}
            )
            user = details["user"]
            return OsmPerson(int(user["id"]), str(user["display_name"]), str((user.get("img") or {}).get("href") or ""))
        except OutboundError as error:
            raise _failed(error.code) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _failed("wrong_content") from error

    async def _asked(self, method: str, path: str, **extra: Any) -> Any:
        url = f"{self.settings.osm_url}{path}"
        answer = await self.outbound.request(method, url, JSON, CAP, TIMEOUT, follow_redirects=False, **extra)
        return answer.json()


def _failed(reason: str) -> Unavailable:
    detail = "OpenStreetMap could not confirm the login, try again."
    return Unavailable("EXTERNAL_SERVICE_ERROR", detail, http=502, service="osm", cause=reason)


def osm_login(settings: OsmLoginSettings, outbound: Outbound) -> OsmLogin | None:
    """Returns None when the login is not configured."""
    tokens = tokens_of(settings)
    return OsmLogin(settings, tokens, outbound) if tokens else None
