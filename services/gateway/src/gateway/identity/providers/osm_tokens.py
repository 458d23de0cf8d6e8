"""The header `access-token` of the first generation: a signed OpenStreetMap user."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from gateway.identity.provider import ANONYMOUS_IDENTITY, Identity, Provider
from gateway.identity.settings import OsmLoginSettings
from gateway.identity.users import Users
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
    """Signs tokens, and the `state` of the OAuth2 redirect."""

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
    """Returns None when this login is not configured."""
    secret = settings.osm_secret if settings.osm_client_id else None
    return OsmTokens(secret.get_secret_value()) if secret else None


class WithOsmTokens:
    """Authenticates requests with the header, and delegates all others to `inner`."""

    def __init__(self, inner: Provider, users: Users, tokens: OsmTokens) -> None:
        self.inner, self.users, self.tokens, self.name = inner, users, tokens, inner.name

    async def authenticate(self, headers: Mapping[str, str], unsafe: bool, client: str) -> Identity:
        token = headers.get(HEADER)
        if not token:
            return await self.inner.authenticate(headers, unsafe, client)
        person = self.tokens.read(token)
        if person is None:
            raise Unauthenticated("bad_access_token", "The access-token is no longer valid; please log in again.")
        actor = await self.users.get_or_create(person.id, person.username, person.img_url)
        return Identity(actor, legacy=True) if actor else ANONYMOUS_IDENTITY

    async def verify_session(self, headers: Mapping[str, str]) -> None:
        """A token of the header cannot be revoked before it expires."""
        if not headers.get(HEADER):
            await self.inner.verify_session(headers)
