"""Downloads of large files to the disk, which go on where an earlier try ended."""

import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from kit.http.outbound.client import BUSY, Outbound
from kit.http.outbound.errors import OutboundError, seconds_of

CHUNK = 1 << 20
SILENCE = httpx.Timeout(connect=5.0, read=60.0, write=10.0, pool=20.0)


async def download(outbound: Outbound, url: str, path: Path, cap: int) -> float:
    """Writes the file at an address to `path`, at most `cap` bytes. What `path` holds of an earlier try is kept where
    the server still has the same file and answers ranges. Returns the seconds that the server asks to leave until the
    next request, by its RateLimit headers. Raises OutboundError; then `path` may hold a part."""
    outbound.check(url)
    start, validator = _earlier(path)
    asked = {"range": f"bytes={start}-", "if-range": validator} if validator else {}
    try:
        async with outbound.client.stream("GET", url, headers=asked, timeout=SILENCE) as response:
            if response.status_code == 416:
                forget(path)
                raise OutboundError("unreachable")
            _check(response)
            goes_on = response.status_code == 206 and _start_of(response) == start
            if response.status_code == 206 and not goes_on:
                raise OutboundError("wrong_content")
            _validator_path(path).write_text(_validator(response.headers))
            await _write(response, path, start if goes_on else 0, cap)
            return _pause(response.headers)
    except httpx.TimeoutException as error:
        raise OutboundError("timeout") from error
    except httpx.TooManyRedirects as error:
        raise OutboundError("redirect_limit") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise OutboundError("unreachable") from error


def forget(path: Path) -> None:
    """Deletes what is left of the download that `path` held."""
    for one in (path, _validator_path(path)):
        one.unlink(missing_ok=True)


def _earlier(path: Path) -> tuple[int, str]:
    """Bytes of an earlier try, and what tells whether the server still has the same file."""
    known = _validator_path(path)
    return (path.stat().st_size, known.read_text()) if path.exists() and known.exists() else (0, "")


def _validator_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.validator")


def _check(response: httpx.Response) -> None:
    if response.status_code not in (200, 206):
        busy = response.status_code in BUSY
        asked = seconds_of(response.headers.get("retry-after", "")) if busy else None
        raise OutboundError("http_status", response.status_code, asked or (_pause(response.headers) or None))


async def _write(response: httpx.Response, path: Path, start: int, cap: int) -> None:
    size = start
    if start + int(response.headers.get("content-length", 0) or 0) > cap:
        raise OutboundError("too_large")
    with path.open("ab" if start else "wb") as file:
        async for piece in response.aiter_bytes(CHUNK):
            size += len(piece)
            if size > cap:
                raise OutboundError("too_large")
            file.write(piece)


def _start_of(response: httpx.Response) -> int | None:
    start = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
    return int(start) if start.isdigit() else None


def _validator(headers: Mapping[str, str]) -> str:
    """A strong one: a weak tag does not promise equal bytes."""
    tag = headers.get("etag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("last-modified", "")


def _pause(headers: Mapping[str, str]) -> float:
    """Seconds until a server takes requests again that has none left for us."""
    if headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", "1")) != "0":
        return 0.0
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    if not reset.isdigit():
        return 0.0
    seconds = float(reset)
    return max(0.0, seconds - time.time() if seconds > 1e9 else seconds)
