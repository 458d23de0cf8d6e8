"""The cookie `osm_connection`: the OSM account that a user connected at the login portal."""

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.identity.provider import cookie

log = logging.getLogger("gateway.osm_cookie")
NAME = "osm_connection"
KEY_BYTES = 32
LIFE = 86_400
"""Seconds since the portal created it; an older one must be renewed there."""


@dataclass(frozen=True)
class OsmConnection:
    osm_id: int
    username: str


def connection_of(headers: Mapping[str, str], secret: str) -> OsmConnection | None:
    """`secret`: shared with the portal; its first 32 bytes are the key. Returns None for a cookie that cannot be
    decrypted or is too old."""
    from cryptography.fernet import Fernet, InvalidToken

    sealed = cookie(headers, NAME)
    if not sealed:
        return None
    try:
        box = Fernet(base64.urlsafe_b64encode(secret.encode()[:KEY_BYTES]))
        content = json.loads(box.decrypt(sealed, ttl=LIFE))
        if _is_over(content.get("expires_at")):
            return None
        return OsmConnection(int(content["osm_user_id"]), str(content["osm_username"]))
    except (InvalidToken, ValueError, KeyError, TypeError, AttributeError) as error:
        log.info("cookie.refused", extra={"fields": {"reason": type(error).__name__}})
        return None


def _is_over(expires_at: str | None) -> bool:
    """Returns whether the login at OpenStreetMap has ended, which the portal usually does not state."""
    end = datetime.fromisoformat(expires_at) if expires_at else None
    return end is not None and (end if end.tzinfo else end.replace(tzinfo=UTC)) <= datetime.now(UTC)
