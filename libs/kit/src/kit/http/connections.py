"""What HTTP clients share."""

import ssl
from functools import cache

import httpx

IDLE = 2.0
"""Seconds that a connection without a request stays open: uvicorn closes it after 5, and loses a request that is sent
just then."""


@cache
def trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, or those of SSL_CERT_FILE, for `verify` of httpx. Without it each
    client and each transport reads the certificates again, which takes longer than most calls (decision 0161)."""
    return httpx.create_ssl_context()
