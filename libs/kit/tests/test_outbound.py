"""Requests forged through us: the corpus of spellings, redirects, rebinding, endless and swollen bodies."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network

import pytest
import pytest_asyncio

from kit.http.outbound import ANY, IMAGE, JSON, ZIP, Outbound, OutboundError
from kit.http.outbound.address import is_public

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
CORPUS = [
    ("http://example.com/", "address_scheme"),
    ("ftp://example.com/", "address_scheme"),
    ("file:///etc/passwd", "address_scheme"),
    ("/vsicurl/https://example.com/x.tif", "address_malformed"),
    ("", "address_malformed"),
    ("https://", "address_malformed"),
    ("https://exa mple.com/", "address_malformed"),
    ("https://example.com:22/", "address_port"),
    ("https://user:pw@example.com/", "address_credentials"),
    ("https://example.com\\@127.0.0.1/", "address_credentials"),
    ("https://127.0.0.1/", "address_private"),
    ("https://10.1.2.3/", "address_private"),
    ("https://169.254.169.254/latest/meta-data/", "address_private"),
    ("https://100.64.0.1/", "address_private"),
    ("https://0.0.0.0/", "address_private"),
    ("https://224.0.0.1/", "address_private"),
    ("https://[::1]/", "address_private"),
    ("https://[::]/", "address_private"),
    ("https://[fe80::1]/", "address_private"),
    ("https://[fd00::1]/", "address_private"),
    ("https://[::ffff:127.0.0.1]/", "address_private"),
    ("https://[::ffff:7f00:1]/", "address_private"),
    ("https://[::127.0.0.1]/", "address_private"),
    ("https://[2002:7f00:1::]/", "address_private"),
    ("https://[64:ff9b::7f00:1]/", "address_private"),
    ("https://[64:ff9b:1::a00:1]/", "address_private"),
    ("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "address_private"),
    ("https://2130706433/", "address_malformed"),
    ("https://0x7f000001/", "address_malformed"),
    ("https://0177.0.0.1/", "address_malformed"),
    ("https://127.1/", "address_malformed"),
    ("https://0x7f.1/", "address_malformed"),
    ("https://127.0.0.1./", "address_malformed"),
    ("https://localhost/", "address_private"),
    ("https://LOCALHOST./", "address_private"),
    ("https://printer.local/", "address_private"),
    ("https://minio/", "address_private"),
    ("https://metadata.google.internal/", "address_private"),
]


@pytest.mark.parametrize(("url", "code"), CORPUS)
async def test_forged_addresses_are_refused_before_any_lookup(url, code, monkeypatch):
    async def never(*_args, **_more):
        raise AssertionError("the resolver was asked")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    with pytest.raises(OutboundError) as refused:
        await Outbound().get(url)
    assert refused.value.code == code


def test_fullwidth_digits_are_no_way_around():
    with pytest.raises(OutboundError):
        Outbound().check("https://１２７.０.０.１/")


@pytest.mark.parametrize(
    "good",
    ["8.8.8.8", "192.0.1.255", "192.88.98.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2001:200::1",
     "2001:db7::1", "3ffe::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)  # fmt: skip
def test_public_addresses_pass(good):
    assert is_public(ip_address(good))


SPECIAL = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/31", "192.0.2.0/24",
    "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32", "224.0.0.0/4", "::1/128", "::/128",
    "::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128",
    "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28",
    "2001:30::/28", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "4000::/3", "5f00::/16", "fc00::/7",
    "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip
"""IANA's special-purpose registries of IPv4 and IPv6 (2025), multicast, and what IANA has not given out."""
CARRIERS = ("::ffff:{}", "64:ff9b::{}", "2002:{}::1")


def carried(address: str) -> list[str]:
    """The IPv4 address inside each form of IPv6."""
    groups = f"{int(ip_address(address)) >> 16:x}:{int(ip_address(address)) & 0xFFFF:x}"
    return [form.format(groups) for form in CARRIERS]


@pytest.mark.parametrize("network", SPECIAL)
def test_no_address_of_a_special_purpose_is_public_on_any_python(network, monkeypatch):
    """`is_global` of Python differs by its version, so it is taken as if it knew nothing."""
    place = ip_network(network)
    monkeypatch.setattr(type(place[0]), "is_global", True)
    addresses = [place[0], place[place.num_addresses // 2], place[-1]]
    inside = [ip_address(form) for one in addresses if one.version == 4 for form in carried(str(one))]
    assert [str(one) for one in [*addresses, *inside] if is_public(one)] == []


def test_ordinary_addresses_pass():
    for url in ("https://tiles.example.com/19/1/2.png", "https://bücher.example/", "https://8.8.8.8:80/"):
        Outbound().check(url)


class Foreign:
    """A server whose answers are bytes: `answer` gets the path and the writer."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.at_once = self.most = 0

    async def start(self) -> "Foreign":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.seen.append(request)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await getattr(self, "do_" + request.split()[1].decode().strip("/").split("?")[0])(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1
            writer.close()

    def say(self, writer, body: bytes, kind: str = "application/json", *more: str, status: str = "200 OK") -> None:
        head = [f"HTTP/1.1 {status}", f"content-type: {kind}", "connection: close", *more]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    async def do_json(self, writer):
        self.say(writer, b'{"a": 1}')

    async def do_half(self, writer):
        self.say(writer, b'{"a": ')

    async def do_html(self, writer):
        self.say(writer, b"<html>", "image/png")

    async def do_liar(self, writer):
        self.say(writer, PNG, "text/html")

    async def do_octet(self, writer):
        self.say(writer, PNG, "application/octet-stream")

    async def do_unlabelled(self, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + PNG)

    async def do_nothing(self, writer):
        self.say(writer, b"", "image/png", status="204 No Content")

    async def do_text(self, writer):
        self.say(writer, b'\xef\xbb\xbf\r\n{"b": 2}', "text/html; charset=utf-8")

    async def do_archive(self, writer):
        self.say(writer, b"PK\x03\x04 and so on", "text/plain")

    async def do_png(self, writer):
        await asyncio.sleep(0.05)
        self.say(writer, PNG, "image/png")

    async def do_secret(self, writer):
        self.say(writer, b"internal stack trace", status="500 Oops")

    async def do_endless(self, writer):
        self.say(writer, b"")
        while True:
            writer.write(b"{" * 65536)
            await writer.drain()

    async def do_drip(self, writer):
        self.say(writer, b"")
        while True:
            writer.write(b"{")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def do_bomb(self, writer):
        self.say(writer, gzip.compress(b"{" + bytes(50 << 20)), "application/json", "content-encoding: gzip")

    async def do_away(self, writer):
        self.say(writer, b"", "text/plain", "location: http://169.254.169.254/", status="302 Found")

    async def do_round(self, writer):
        self.say(writer, b"", "text/plain", "location: /round", status="302 Found")

    async def do_once(self, writer):
        self.say(writer, b"", "text/plain", "location: /json", "set-cookie: a=b", status="302 Found")


@pytest_asyncio.fixture
async def foreign() -> AsyncIterator[Foreign]:
    server = await Foreign().start()
    yield server
    server.server.close()


@pytest_asyncio.fixture
async def outbound(foreign) -> AsyncIterator[Outbound]:
    client = Outbound(f"127.0.0.1:{foreign.port}, sandbox.example:{foreign.port}")
    yield client
    await client.stop()


async def code_of(call) -> str:
    with pytest.raises(OutboundError) as refused:
        await call
    return refused.value.code


async def test_allowed_private_server_answers(foreign, outbound):
    assert (await outbound.get(f"http://127.0.0.1:{foreign.port}/json", JSON)).json() == {"a": 1}


async def test_half_an_answer_is_no_json(foreign, outbound):
    answer = await outbound.get(f"http://127.0.0.1:{foreign.port}/half", JSON)
    with pytest.raises(OutboundError) as refused:
        answer.json()
    assert refused.value.code == "wrong_content"


async def test_private_server_not_on_the_list_is_refused(foreign):
    assert await code_of(Outbound().get(f"http://127.0.0.1:{foreign.port}/json")) == "address_scheme"
    assert foreign.seen == []


async def test_redirects_are_checked_again(foreign, outbound):
    base = f"http://127.0.0.1:{foreign.port}"
    assert await code_of(outbound.get(f"{base}/away")) == "address_scheme"
    assert await code_of(outbound.get(f"{base}/round")) == "redirect_limit"
    assert (await outbound.get(f"{base}/once")).url == f"{base}/json"
    assert b"cookie" not in foreign.seen[-1].lower()


async def test_sizes_are_counted_while_streaming(foreign, outbound):
    base = f"http://127.0.0.1:{foreign.port}"
    assert await code_of(outbound.get(f"{base}/endless", JSON, cap=200_000)) == "too_large"
    assert await code_of(outbound.get(f"{base}/bomb", JSON)) == "too_large"


async def test_answer_to_a_delivery_is_read_only_where_it_is_wanted_and_as_far(foreign, outbound):
    base = f"http://127.0.0.1:{foreign.port}"
    assert (await outbound.deliver(f"{base}/endless", b"{}", {})).content == b""
    assert (await outbound.deliver(f"{base}/json", b"{}", {}, cap=8)).content == b'{"a": 1}'
    assert await code_of(outbound.deliver(f"{base}/json", b"{}", {}, cap=7)) == "too_large"
    assert await code_of(outbound.deliver(f"{base}/endless", b"{}", {}, cap=64)) == "too_large"
    assert await code_of(outbound.deliver(f"{base}/drip", b"{}", {}, 0.4, cap=4096)) == "timeout"
    assert await code_of(outbound.deliver(f"{base}/once", b"{}", {}, cap=64)) == "http_status"
    assert b"GET" not in b"".join(foreign.seen)


async def test_slow_dripping_answer_ends(foreign, outbound):
    assert await code_of(outbound.get(f"http://127.0.0.1:{foreign.port}/drip", ANY, total=0.4)) == "timeout"


async def test_content_decides_and_not_its_label(foreign, outbound):
    base = f"http://127.0.0.1:{foreign.port}"
    assert await code_of(outbound.get(f"{base}/html", IMAGE)) == "web_page"
    assert await code_of(outbound.get(f"{base}/json", IMAGE)) == "wrong_content"
    assert await code_of(outbound.get(f"{base}/nothing", IMAGE)) == "empty"
    for name in ("png", "liar", "octet", "unlabelled"):
        assert (await outbound.get(f"{base}/{name}", IMAGE)).content == PNG


async def test_json_and_archives_come_under_any_label(foreign, outbound):
    base = f"http://127.0.0.1:{foreign.port}"
    assert (await outbound.get(f"{base}/text", JSON)).json() == {"b": 2}
    assert (await outbound.get(f"{base}/archive", ZIP)).content.startswith(b"PK")
    assert await code_of(outbound.get(f"{base}/html", JSON)) == "web_page"


async def test_foreign_words_never_reach_the_user(foreign, outbound):
    with pytest.raises(OutboundError) as refused:
        await outbound.get(f"http://127.0.0.1:{foreign.port}/secret")
    assert (refused.value.code, refused.value.status, refused.value.transient) == ("http_status", 500, True)
    assert "stack trace" not in str(refused.value)


async def test_four_requests_at_a_time_to_one_host(foreign, outbound):
    await asyncio.gather(*(outbound.get(f"http://127.0.0.1:{foreign.port}/png", IMAGE) for _ in range(12)))
    assert foreign.most == 4


def answering(*addresses: str):
    """A resolver that gives its n-th address list at the n-th question, then nothing."""
    answers = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 0)) for a in group.split()] for group in addresses]

    async def getaddrinfo(*_args, **_more):
        return answers.pop(0)

    return getaddrinfo


@pytest.mark.parametrize("answer", ["127.0.0.1", "8.8.8.8 10.0.0.1", "8.8.8.8 ::1"])
async def test_one_private_address_of_a_name_spoils_it(answer, monkeypatch):
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answering(answer))
    assert await code_of(Outbound().get("https://rebind.example/")) == "address_private"


async def test_connects_to_the_checked_address_under_the_original_name(foreign, outbound, monkeypatch):
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answering("127.0.0.1"))
    await outbound.get(f"http://sandbox.example:{foreign.port}/json")
    assert f"host: sandbox.example:{foreign.port}".encode() in foreign.seen[-1].lower()


async def test_unknown_host_tells_nothing_of_the_resolver(monkeypatch):
    async def fails(*_args, **_more):
        raise socket.gaierror(-2, "Name or service not known by 10.0.0.53")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fails)
    with pytest.raises(OutboundError) as refused:
        await Outbound().get("https://nowhere.example/")
    assert refused.value.code == "host_unknown"
    assert "10.0.0.53" not in str(refused.value)
