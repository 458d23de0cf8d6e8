"""Reads of the object store for the API, by an asynchronous client with signed URLs. Unlike boto3 in a thread, a call
ends when its caller gives up, and a silent store blocks nothing else."""

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from kit.errors import Misconfigured, NotFound, Unavailable
from kit.process.bulkhead import Bulkhead
from kit.retry import retry_transient

if TYPE_CHECKING:
    import httpx

CALLS, QUEUE = 8, 8
TIMEOUT, CONNECT = 3.0, 1.0
"""Seconds of silence that a call tolerates, and seconds for a connection."""
RETRY = 0.5
Sign = Callable[..., str]


class StoreReads:
    """`sign(path, query, method=)` returns the signed URL of a path in the bucket."""

    def __init__(self, sign: Sign) -> None:
        self._sign = sign
        self._bulkhead = Bulkhead("The object store", CALLS, QUEUE)

    @cached_property
    def _http(self) -> "httpx.AsyncClient":
        import httpx

        from kit.http.connections import trusted

        return httpx.AsyncClient(timeout=httpx.Timeout(TIMEOUT, connect=CONNECT), verify=trusted())

    async def close(self) -> None:
        """Closes the connections."""
        if "_http" in vars(self):
            await self._http.aclose()

    async def head(self, place: str) -> dict[str, Any]:
        """Returns the metadata of an object with boto3's names. Raises NotFound when there is no such object."""
        told = (await self._asked("HEAD", self._sign(place, method="HEAD"), place)).headers
        return {
            "ContentLength": int(told["content-length"]), "ETag": told["etag"],
            "ContentType": told.get("content-type", "binary/octet-stream"),
            "LastModified": parsedate_to_datetime(told["last-modified"]),
        }  # fmt: skip

    async def content(self, place: str) -> bytes:
        """Returns the content of an object. Raises NotFound when there is no such object."""
        return (await self._asked("GET", self._sign(place), place)).content

    async def bucket(self) -> None:
        """Raises NotFound or Unavailable when the bucket is not usable."""
        await self._asked("HEAD", self._sign("", method="HEAD"), "")

    async def level(self, prefix: str, after: str, most: int) -> tuple[list[str], list[dict[str, Any]], str | None]:
        """Returns folders, files with boto3's names, and the token of the next page."""
        query = {"list-type": "2", "delimiter": "/", "encoding-type": "url", "max-keys": str(most), "prefix": prefix}
        query |= {"continuation-token": after} if after else {}
        answer = await self._asked("GET", self._sign("", query), prefix)
        page = ElementTree.fromstring(answer.content)  # noqa: S314  (our own store says it)
        folders = [_key(entry, "Prefix") for entry in page.findall("{*}CommonPrefixes")]
        files = [_file(entry) for entry in page.findall("{*}Contents")]
        return folders, files, page.findtext("{*}NextContinuationToken")

    async def _asked(self, method: str, url: str, place: str) -> "httpx.Response":
        import httpx

        async with self._bulkhead.slot():
            try:
                answer = await retry_transient(lambda: self._http.request(method, url), RETRY, _is_cut)
            except httpx.HTTPError as error:
                raise Unavailable("storage_unavailable", "The object store is not reachable.") from error
        if answer.status_code == 404:
            raise NotFound("object_not_found", place)
        if not answer.is_success:
            raise refusal(answer.status_code)
        return answer


def _is_cut(error: BaseException) -> bool:
    """Whether the store had closed a kept connection."""
    import httpx

    return isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)


def _file(entry: ElementTree.Element) -> dict[str, Any]:
    changed = datetime.fromisoformat(entry.findtext("{*}LastModified", "").replace("Z", "+00:00"))
    size, etag = int(entry.findtext("{*}Size", "0")), entry.findtext("{*}ETag", "")
    return {"Key": _key(entry, "Key"), "Size": size, "ETag": etag, "LastModified": changed}


def _key(entry: ElementTree.Element, name: str) -> str:
    return unquote_plus(entry.findtext(f"{{*}}{name}", ""))


def refusal(status: int) -> Unavailable:
    """Returns the error for an HTTP status of the store: Unavailable when it is busy or in trouble, Misconfigured when
    it refuses the call."""
    if status >= 500 or status in (408, 429):
        return Unavailable("storage_error", "The object store is busy or in trouble.")
    return Misconfigured("storage_error", "The object store refused the request.")
