"""The header `access-token` of the first generation: a signed note of who somebody is at OpenStreetMap."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from gateway.auth.identity import NOBODY, Provider, Who
from gateway.auth.settings import OsmLoginSettings
from gateway.auth.users import Users
from kit.errors import Unauthenticated

HEADER = "access-token"
LIFE = 30 * 86_400
STATE_LIFE = 600
"""Seconds, both."""


@dataclass(frozen=True)
class OsmPerson:
    id: int
    username: str
    img_url: str = ""


class OsmTokens:
    """Signs tokens, and the `state` that goes to OpenStreetMap and comes back."""

    def __init__(self, secret: str) -> None:
        self._people = URLSafeTimedSerializer(secret, salt="osm-person")
        self._states = URLSafeTimedSerializer(secret, salt="osm-state")

    def write(self, person: OsmPerson) -> str:
        return str(self._people.dumps(asdict(person)))

    def read(self, token: str) -> OsmPerson | None:
        content = _loaded(self._people, token, LIFE)
        return OsmPerson(**content) if content else None

    def state(self, nonce: str) -> str:
        return str(self._states.dumps(nonce))

    def is_ours(self, state: str) -> bool:
        return _loaded(self._states, state, STATE_LIFE) is not None


def _loaded(serializer: URLSafeTimedSerializer, text: str, life: int) -> Any:
    try:
        return serializer.loads(text, max_age=life)
    except BadData:
        return None


def tokens_of(settings: OsmLoginSettings) -> OsmTokens | None:
    """None where this login is not offered."""
    secret = settings.osm_secret if settings.osm_client_id else None
    return OsmTokens(secret.get_secret_value()) if secret else None


class WithOsmTokens:
    """Who sends the header is asked nothing else; everybody else is asked for what `inner` wants."""

    def __init__(self, inner: Provider, users: Users, tokens: OsmTokens) -> None:
        self.inner, self.users, self.tokens, self.name = inner, users, tokens, inner.name

    async def who(self, headers: Mapping[str, str], unsafe: bool) -> Who:
        token = headers.get(HEADER)
        if not token:
            return await self.inner.who(headers, unsafe)
        person = self.tokens.read(token)
        if person is None:
            raise Unauthenticated("bad_access_token", "The access-token is not valid any more; please log in again.")
        actor = await self.users.met(person.id, person.username, person.img_url)
        return Who(actor, legacy=True) if actor else NOBODY

    async def confirm(self, headers: Mapping[str, str]) -> None:
        """Nobody can end what the header says before its time."""
        if not headers.get(HEADER):
            await self.inner.confirm(headers)
