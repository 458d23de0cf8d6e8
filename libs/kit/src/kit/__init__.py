"""The runtime that every service and worker is built on."""

from kit.imports import import_without

with import_without("aiohttp"):  # nats-py imports it for websockets: 6 MB a process
    import nats  # noqa: F401
