"""Validates the address of one mailbox."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address

MAX_LENGTH, MAX_LOCAL_LENGTH = 254, 64
"""Characters (RFC 5321)."""
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?=[a-z]){_LABEL}", re.IGNORECASE)


def is_mail_address(text: str) -> bool:
    """Whether the text is one plain address: no list, name, comment, quotes or line break, since mail programs read
    these in different ways. Letters of other scripts must be in ASCII form (IDNA)."""
    if len(text) > MAX_LENGTH or not (text.isascii() and text.isprintable()) or '"' in text:
        return False
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        return False
    is_whole = address.addr_spec == text and len(address.username) <= MAX_LOCAL_LENGTH
    return is_whole and _DOMAIN.fullmatch(address.domain) is not None
