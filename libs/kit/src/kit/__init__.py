"""What every service stands on."""

import sys

if "aiohttp" not in sys.modules:
    # nats-py imports aiohttp for websockets, which nobody here speaks: 6 MB a process (docs/decisions/0014).
    sys.modules["aiohttp"] = None  # type: ignore[assignment]
    import nats  # noqa: F401

    del sys.modules["aiohttp"]
