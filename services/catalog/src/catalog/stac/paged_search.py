"""Searches of pystac-client over an asynchronous HTTP client.

Import it where something is searched: its libraries cost an idle process 10 MB.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from pystac_client import ItemSearch
from pystac_client.stac_api_io import StacApiIO
from sqlalchemy.util import await_only, greenlet_spawn

Page = Callable[[dict[str, Any]], Awaitable[str]]
"""Posts the body of a search and returns the answer, which is JSON."""
UNUSED = "https://stac.invalid/search"
"""pystac-client wants an address, which `page` knows."""


class AwaitingIO(StacApiIO):
    """Awaits `page` where pystac-client would block. Each page comes from there too, whatever address a link to the
    next one has: a server behind a proxy may not know its own."""

    def __init__(self, page: Page) -> None:
        super().__init__(max_retries=None)
        self.page = page

    def request(
        self, href: str, method: str | None = None, headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:  # fmt: skip
        return await_only(self.page(parameters or {}))


async def search(page: Page, **criteria: Any) -> list[dict[str, Any]]:
    """Returns the items of all pages; `criteria` are those of `pystac_client.ItemSearch`."""
    found = ItemSearch(UNUSED, stac_io=AwaitingIO(page), filter_lang="cql2-json", **criteria)
    return await greenlet_spawn(lambda: list(found.items_as_dicts()))
