"""`AUTH_PROVIDER=dev`: one shared token, as bearer or, from older clients, as `access-token`."""

import hmac
import re
from collections.abc import Mapping

from gateway.identity.provider import ANONYMOUS_IDENTITY, Identity, bearer
from gateway.identity.users import Users
from kit.errors import Unauthenticated

DEV_USER = (1, "dev-user")
_PERSON = re.compile(r"(-?\d{1,18}):([\w.-]{1,100})")


class DevProvider:
    """`several` lets the header `X-Dev-User: <id>:<name>` beside the token select the user: for tests, and only with
    DEBUG."""

    name = "dev"

    def __init__(self, users: Users, token: str, several: bool) -> None:
        self.users, self.token, self.several = users, token.encode(), several

    async def authenticate(self, headers: Mapping[str, str], unsafe: bool, client: str) -> Identity:
        token = bearer(headers) or headers.get("access-token")
        if token is None:
            return ANONYMOUS_IDENTITY
        if not hmac.compare_digest(token.encode(), self.token):
            raise Unauthenticated("wrong_token", "The bearer token is not the FAIR_DEV_TOKEN of this deployment.")
        actor = await self.users.get_or_create(*self._person(headers))
        return Identity(actor) if actor else ANONYMOUS_IDENTITY

    async def verify_session(self, headers: Mapping[str, str]) -> None:
        """The token has no sessions."""

    def _person(self, headers: Mapping[str, str]) -> tuple[int, str]:
        found = _PERSON.fullmatch(headers.get("x-dev-user", "")) if self.several else None
        return (int(found[1]), found[2]) if found else DEV_USER
