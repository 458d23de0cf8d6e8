"""Ids that Mapswipe wants from its clients."""

import secrets

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26


def ulid(milliseconds: int) -> str:
    """48 bits of time since 1970 and 80 random bits, in Crockford's base 32."""
    number = milliseconds << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
