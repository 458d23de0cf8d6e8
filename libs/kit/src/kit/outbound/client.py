import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from weakref import WeakValueDictionary

import httpx
import orjson

from kit.outbound.address import PORTS, allowed, check, parsed
from kit.outbound.body import read
from kit.outbound.errors import OutboundError
from kit.outbound.media import ANY, NOTHING, Media
from kit.outbound.transport import CheckedTransport, judged

TIMEOUT = httpx.Timeout(connect=3.0, read=10.0, write=10.0, pool=20.0)
TOTAL = 30.0
REDIRECTS = 3
PER_HOST = 4
HEADERS = {"user-agent": "Fairway/0.1 (+mapping platform)", "accept-encoding": "identity"}


@dataclass(frozen=True)
class Fetched:
    """`url` is where the answer came from after redirects."""

    url: str
    status: int
    content_type: str
    content: bytes

    def json(self) -> Any:
        """`wrong_content` when it is none."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError as error:
            raise OutboundError("wrong_content") from error


class Outbound:
    """One per process. All failures are OutboundError; `allow` is the setting `OUTBOUND_ALLOW`."""

    def __init__(self, allow: str = "") -> None:
        self.allow = allowed(allow)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @cached_property
    def client(self) -> httpx.AsyncClient:
        nothing = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        return httpx.AsyncClient(
            transport=CheckedTransport(self.allow), timeout=TIMEOUT, follow_redirects=True, max_redirects=REDIRECTS,
            headers=HEADERS, cookies=nothing, trust_env=False,
        )  # fmt: skip

    async def stop(self) -> None:
        if "client" in self.__dict__:
            await self.client.aclose()

    def check(self, url: str) -> None:
        """What can be told of an address without asking anybody."""
        check(parsed(url), self.allow)

    async def resolve(self, url: str) -> None:
        """Like `check`, and the name must exist and lead to public addresses only."""
        address = parsed(url)
        check(address, self.allow)
        await judged(address.raw_host.decode(), address.port or PORTS[address.scheme], self.allow)

    async def get(self, url: str, media: Media = ANY, cap: int | None = None, total: float = TOTAL) -> Fetched:
        return await self.request("GET", url, media, cap, total)

    async def head(self, url: str) -> Fetched:
        """Nothing of the body is read."""
        return await self.request("HEAD", url, ANY)

    async def deliver(
        self, url: str, content: bytes, headers: dict[str, str], total: float = TOTAL, cap: int = 0
    ) -> Fetched:
        """Posts. Redirects are not followed; without a `cap` in bytes nothing of the body is read."""
        extra = {"content": content, "headers": headers, "follow_redirects": False}
        return await self.request("POST", url, ANY if cap else NOTHING, cap, total, **extra)

    async def request(
        self, method: str, url: str, media: Media = ANY, cap: int | None = None, total: float = TOTAL, **extra: Any
    ) -> Fetched:
        """`extra` goes to httpx (`json`, `headers`, `content`). A status from 400 on is the error `http_status`."""
        address = parsed(url)
        check(address, self.allow)
        try:
            async with asyncio.timeout(total), self._turn(address.host):
                return await self._exchange(method, address, media, cap or media.cap, extra)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise OutboundError("timeout") from error
        except httpx.TooManyRedirects as error:
            raise OutboundError("redirect_limit") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise OutboundError("unreachable") from error

    async def _exchange(self, method: str, url: httpx.URL, media: Media, cap: int, extra: dict[str, Any]) -> Fetched:
        async with self.client.stream(method, url, **extra) as response:
            if response.status_code >= 300:
                raise OutboundError("http_status", response.status_code)
            kind = response.headers.get("content-type", "")
            if method == "HEAD" or media is NOTHING:
                return Fetched(str(response.url), response.status_code, kind, b"")
            media.check_type(kind)
            content = await read(response, cap)
        media.check_bytes(content)
        return Fetched(str(response.url), response.status_code, kind, content)

    @asynccontextmanager
    async def _turn(self, host: str):
        """At most `PER_HOST` requests at a time to one host."""
        turn = self._hosts.setdefault(host, asyncio.Semaphore(PER_HOST))
        async with turn:
            yield
