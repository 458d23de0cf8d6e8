"""Decides which addresses may be called. Refuses numeric spellings of IPv4 (decimal, hex, octal, short)."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from kit.http.outbound.errors import OutboundError

PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 4096
_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
"""All IPv6 addresses that IANA has assigned for global unicast."""
_SPECIAL = (
    *map(IPv4Network, (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )),
    *map(IPv6Network, ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")),
)  # fmt: skip
"""IANA's special-purpose registries, multicast and reserved networks. Addresses that these registries call globally
reachable are anycast of relays and sinks, which may stand inside any network. Listed here because Python's own tables
differ by version."""
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
Address = IPv4Address | IPv6Address
Allowed = frozenset[tuple[str, int]]


def allowed(setting: str) -> Allowed:
    """Returns the pairs of `host:port, host:port`. Raises ValueError for an entry without a port."""
    pairs = [entry.strip().rpartition(":") for entry in setting.split(",") if entry.strip()]
    return frozenset((host.strip("[]").lower(), int(port)) for host, _, port in pairs)


def parsed(text: str) -> httpx.URL:
    """Returns the URL as the client will use it, with its host in IDNA. Raises OutboundError `address_malformed` or
    `address_scheme`."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise OutboundError("address_malformed") from error
    if len(text) > MAX_LENGTH or not url.host or url.scheme not in PORTS:
        raise OutboundError("address_malformed" if url.scheme in PORTS or not url.scheme else "address_scheme")
    return url


def check(url: httpx.URL, allow: Allowed) -> None:
    """Checks everything that can be known without the resolver; hosts in `allow` may be private, plain http and on any
    port. Raises OutboundError `address_…`."""
    if url.userinfo:
        raise OutboundError("address_credentials")
    host, port = url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]
    if (host.strip("[]").lower(), port) in allow:
        return
    if url.scheme != "https":
        raise OutboundError("address_scheme")
    if port not in PORTS.values():
        raise OutboundError("address_port")
    _check_host(host)


def _check_host(host: str) -> None:
    literal = _literal(host)
    if literal and not is_public(literal):
        raise OutboundError("address_private")
    last = host.rstrip(".").rpartition(".")[2].lower()
    if not literal and (last.isdigit() or last.startswith("0x") or not _NAME.fullmatch(host)):
        raise OutboundError("address_malformed")
    if not literal and (last in ("localhost", "local", "internal") or "." not in host.rstrip(".")):
        raise OutboundError("address_private")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether the address is globally routable unicast of no special purpose. IPv4 inside IPv6 (mapped, 6to4, NAT64) is
    unwrapped first."""
    if isinstance(address, IPv4Address):
        return _is_ordinary(address)
    inner = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.ipv4_mapped or address.sixtofour
    if inner is not None:
        return not address.scope_id and _is_ordinary(inner)
    return not address.scope_id and address in _UNICAST and _is_ordinary(address)


def _is_ordinary(address: Address) -> bool:
    """Checks this module's tables, and Python's where they are stricter."""
    return address.is_global and not any(address in network for network in _SPECIAL)
