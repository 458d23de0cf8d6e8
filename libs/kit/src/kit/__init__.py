"""The runtime that every service and worker is built on."""

import sys

if "aiohttp" not in sys.modules:
    # nats-py imports aiohttp for websockets, which no service uses: 6 MB a process (docs/decisions/0014).
    sys.modules["aiohttp"] = None  # type: ignore[assignment]
    import nats  # noqa: F401

    del sys.modules["aiohttp"]
