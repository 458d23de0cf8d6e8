"""The public HTTP API of the platform: REST in, commands and queries out, server-sent events back."""

import kit.telemetry  # noqa: F401  (before any module imports nats or prometheus_client: docs/decisions/0014)
