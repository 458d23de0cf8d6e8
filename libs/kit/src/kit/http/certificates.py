"""The authorities that this machine trusts, or those of SSL_CERT_FILE."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """`verify` of httpx's clients. Without it each client and each transport reads the certificates again, which takes
    longer than most calls (decision 0161)."""
    return httpx.create_ssl_context()
