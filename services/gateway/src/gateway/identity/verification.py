"""Tokens of e-mail verification. A token is a keyed hash over the account, its address and whether that is verified, so
it becomes invalid when either changes, and after three days."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from itsdangerous import BadSignature, TimestampSigner

LIFE = 3 * 86_400
"""Seconds."""


def uid_of(user_id: int) -> str:
    return base64.urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")


def user_id_of(uid: str) -> int | None:
    """Returns None for a text that is no `uid`."""
    try:
        number = int(base64.urlsafe_b64decode(uid + "=" * (-len(uid) % 4)))
    except (ValueError, binascii.Error):
        return None
    return number if abs(number) < 2**63 else None


def token_of(user: Mapping[str, Any], secret: str) -> str:
    """`user`: a row of the table by column name."""
    return _signer(user, secret).sign("").decode().lstrip(".")


def is_valid_proof(user: Mapping[str, Any], token: str, secret: str) -> bool:
    """Compares in constant time; false for an expired token as well."""
    try:
        _signer(user, secret).unsign(f".{token}", max_age=LIFE)
    except BadSignature:
        return False
    return True


def _signer(user: Mapping[str, Any], secret: str) -> TimestampSigner:
    facts = json.dumps(["verify-email", user["id"], user["email"], user["email_verified"]])
    return TimestampSigner(secret, salt=facts, key_derivation="hmac", digest_method=hashlib.sha256)
