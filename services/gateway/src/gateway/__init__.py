"""The public HTTP API of the platform: REST in, commands and queries out, server-sent events back."""

import kit  # noqa: F401  (before any module imports nats: kit keeps nats-py from loading aiohttp, docs/decisions/0014)
