"""For all tests: httpx reads the certificates of all authorities once, not again for each client and each call."""

from functools import cache

import httpx
from httpx._transports import default

default.create_ssl_context = cache(httpx.create_ssl_context)
