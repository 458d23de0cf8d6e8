"""Questions for `Daemon.ready`."""

from collections.abc import Callable

import httpx


def http_ok(url: str) -> Callable[[], bool]:
    return lambda: httpx.get(url, timeout=10, trust_env=False).is_success
