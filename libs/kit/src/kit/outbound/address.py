"""Which addresses may be asked at all. Numeric spellings of IPv4 (decimal, hex, octal, short) are refused as such."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from kit.outbound.errors import OutboundError

PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 4096
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
Address = IPv4Address | IPv6Address
Allowed = frozenset[tuple[str, int]]


def allowed(setting: str) -> Allowed:
    """`host:port, host:port` as pairs; ValueError for an entry without a port."""
    pairs = [entry.strip().rpartition(":") for entry in setting.split(",") if entry.strip()]
    return frozenset((host.strip("[]").lower(), int(port)) for host, _, port in pairs)


def parsed(text: str) -> httpx.URL:
    """The address as the client will use it, host in IDNA; `address_malformed` otherwise."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise OutboundError("address_malformed") from error
    if len(text) > MAX_LENGTH or not url.host or url.scheme not in PORTS:
        raise OutboundError("address_malformed" if url.scheme in PORTS or not url.scheme else "address_scheme")
    return url


def check(url: httpx.URL, allow: Allowed) -> None:
    """Everything that can be told without asking the resolver."""
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
    """Globally routable unicast, also after unwrapping IPv4 carried inside IPv6 (mapped, 6to4, NAT64, compatible)."""
    inner = _carried(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_public(inner)
    if isinstance(address, IPv6Address) and (address in _NAT64_LOCAL or address.teredo or address.scope_id):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64 or address in _COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
