"""The runtime that every service and worker is built on."""

from kit.imports import import_without, never_import

with import_without("aiohttp"):  # nats-py imports it for websockets: 6 MB a process
    import nats  # noqa: F401
never_import("httpx._main")  # the command line of httpx with click, rich and pygments: 3 MB a process
