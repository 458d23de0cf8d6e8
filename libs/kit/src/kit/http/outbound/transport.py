"""Connections to checked addresses only.

The check happens where the socket is opened: a name is resolved once, all its addresses are checked, and the connection
goes to one of those very addresses, so that a second answer of the resolver (rebinding) is never used. TLS and the Host
header keep the original name.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx

from kit.http.connections import IDLE, trusted
from kit.http.outbound.address import Allowed, check, is_public
from kit.http.outbound.errors import OutboundError

CONNECTIONS = 64


class CheckedTransport(httpx.AsyncHTTPTransport):
    """Checks the address of each request, and so of each redirect."""

    def __init__(self, allow: Allowed) -> None:
        super().__init__(verify=trusted(), trust_env=False)
        self.allow = allow
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(), max_connections=CONNECTIONS, keepalive_expiry=IDLE,
            network_backend=CheckedBackend(allow),
        )  # fmt: skip

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        check(request.url, self.allow)
        return await super().handle_async_request(request)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to addresses that passed `checked_addresses`."""

    def __init__(self, allow: Allowed) -> None:
        self.allow = allow
        self.inner: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()  # type: ignore[assignment]

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        addresses = await checked_addresses(host, port, self.allow)
        for address in addresses[:-1]:
            try:
                return await self.inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self.inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def checked_addresses(host: str, port: int, allow: Allowed) -> list[str]:
    """Returns the IP addresses of the host, IPv4 first. Raises OutboundError `address_private` when one of them is not
    public and `host:port` is not in `allow`."""
    host = host.strip("[]").lower()
    addresses = await resolved(host, port)
    if (host, port) not in allow and not all(map(is_public, map(ip_address, addresses))):
        raise OutboundError("address_private")
    return addresses


async def resolved(host: str, port: int) -> list[str]:
    """Returns all IP addresses of a name, IPv4 first. Raises OutboundError `host_unknown` when there is none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundError("host_unknown") from error
    return sorted({str(entry[4][0]) for entry in found}, key=lambda address: (":" in address, address))
