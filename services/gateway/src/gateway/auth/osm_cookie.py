"""The cookie `osm_connection`: which OSM account somebody connected at the login portal."""

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.auth.identity import cookie

log = logging.getLogger("gateway.osm_cookie")
NAME = "osm_connection"
KEY_BYTES = 32


@dataclass(frozen=True)
class OsmConnection:
    osm_id: int
    username: str


def connection_of(headers: Mapping[str, str], secret: str) -> OsmConnection | None:
    """`secret`: shared with the portal; its first 32 bytes are the key. None for a cookie that cannot be read."""
    from cryptography.fernet import Fernet, InvalidToken

    sealed = cookie(headers, NAME)
    if not sealed:
        return None
    try:
        box = Fernet(base64.urlsafe_b64encode(secret.encode()[:KEY_BYTES]))
        content = json.loads(box.decrypt(sealed))
        return OsmConnection(int(content["osm_user_id"]), str(content["osm_username"]))
    except (InvalidToken, ValueError, KeyError, TypeError) as error:
        log.info("cookie.refused", extra={"facts": {"reason": type(error).__name__}})
        return None
