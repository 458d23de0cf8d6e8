"""An HTTP client for addresses outside the deployment, with limits on time, size, redirects and calls per host."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from weakref import WeakValueDictionary

import httpx
import orjson

from kit.http.outbound.address import PORTS, allowed, check, parsed
from kit.http.outbound.body import read
from kit.http.outbound.errors import OutboundError, seconds_of
from kit.http.outbound.media import ANY, NOTHING, Media
from kit.http.outbound.transport import CheckedTransport, checked_addresses

TIMEOUT = httpx.Timeout(connect=3.0, read=10.0, write=10.0, pool=20.0)
TOTAL = 30.0
REDIRECTS = 3
PER_HOST = 4
BUSY = (429, 503)
HEADERS = {"user-agent": "Fairway/0.1 (+mapping platform)", "accept-encoding": "identity"}


@dataclass(frozen=True)
class Fetched:
    """A response; `url` is its address after redirects, `content` is its decoded body."""

    url: str
    status: int
    content_type: str
    content: bytes

    def json(self) -> Any:
        """Returns the body as Python values. Raises OutboundError `wrong_content` when it is not JSON."""
        try:
            return orjson.loads(self.content.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError as error:
            raise OutboundError("wrong_content") from error


class Outbound:
    """One per process and purpose. Every failure is an OutboundError. `allow` lists `host:port` that may be private."""

    def __init__(self, allow: str = "") -> None:
        self.allow = allowed(allow)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @cached_property
    def client(self) -> httpx.AsyncClient:
        """The httpx client, opened on first use; it keeps no cookies and ignores proxies of the environment."""
        nothing = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        return httpx.AsyncClient(
            transport=CheckedTransport(self.allow), timeout=TIMEOUT, follow_redirects=True, max_redirects=REDIRECTS,
            headers=HEADERS, cookies=nothing, trust_env=False,
        )  # fmt: skip

    async def stop(self) -> None:
        """Closes the connections."""
        if "client" in self.__dict__:
            await self.client.aclose()

    def check(self, url: str) -> None:
        """Checks the address without any network access. Raises OutboundError."""
        check(parsed(url), self.allow)

    async def resolve(self, url: str) -> None:
        """As `check`, and also resolves the host name. Raises OutboundError when it does not exist or leads to an
        address that is not public."""
        address = parsed(url)
        check(address, self.allow)
        await checked_addresses(address.raw_host.decode(), address.port or PORTS[address.scheme], self.allow)

    async def get(self, url: str, media: Media = ANY, cap: int | None = None, total: float = TOTAL) -> Fetched:
        """Returns the response of a GET. `cap` is in bytes and defaults to that of `media`; `total` is in seconds.
        Raises OutboundError."""
        return await self.request("GET", url, media, cap, total)

    async def head(self, url: str) -> Fetched:
        """Returns the response of a HEAD; its `content` is empty. Raises OutboundError."""
        return await self.request("HEAD", url, ANY)

    async def deliver(
        self, url: str, content: bytes, headers: dict[str, str], total: float = TOTAL, cap: int = 0
    ) -> Fetched:
        """Posts `content` and returns the response. Does not follow redirects; without a `cap` in bytes it does not
        read the body. `total` is in seconds. Raises OutboundError."""
        extra = {"content": content, "headers": headers, "follow_redirects": False}
        return await self.request("POST", url, ANY if cap else NOTHING, cap, total, **extra)

    async def request(
        self, method: str, url: str, media: Media = ANY, cap: int | None = None, total: float = TOTAL, **extra: Any
    ) -> Fetched:
        """Returns the response; follows redirects and checks each of them. `cap` is in bytes, `total` in seconds,
        `extra` goes to httpx (`json`, `headers`, `content`). Raises OutboundError, `http_status` for a status from 300
        on."""
        address = parsed(url)
        check(address, self.allow)
        try:
            async with asyncio.timeout(total), self._turn(address.host):
                return await self._exchange(method, address, media, cap or media.cap, extra)
        except httpx.ConnectTimeout as error:
            raise OutboundError("unreachable") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise OutboundError("timeout") from error
        except httpx.TooManyRedirects as error:
            raise OutboundError("redirect_limit") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise OutboundError("unreachable") from error

    async def _exchange(self, method: str, url: httpx.URL, media: Media, cap: int, extra: dict[str, Any]) -> Fetched:
        async with self.client.stream(method, url, **extra) as response:
            if response.status_code >= 300:
                pause = response.headers.get("retry-after", "") if response.status_code in BUSY else ""
                raise OutboundError("http_status", response.status_code, seconds_of(pause))
            kind = response.headers.get("content-type", "")
            if method == "HEAD" or media is NOTHING:
                return Fetched(str(response.url), response.status_code, kind, b"")
            content = await read(response, cap)
        media.check(content)
        return Fetched(str(response.url), response.status_code, kind, content)

    @asynccontextmanager
    async def _turn(self, host: str):
        """Allows at most `PER_HOST` requests to one host at a time."""
        turn = self._hosts.setdefault(host, asyncio.Semaphore(PER_HOST))
        async with turn:
            yield
