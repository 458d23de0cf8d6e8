"""Downloads of large files: they go on where they broke off, and stop at their limit."""

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from kit.http.outbound import Outbound, OutboundError
from kit.http.outbound.download import download

CONTENT = bytes(range(256)) * 4096


class Source(BaseHTTPRequestHandler):
    """A file that is cut off after `breaks` bytes, as often as there are breaks."""

    protocol_version = "HTTP/1.1"
    breaks: ClassVar[list[int]] = []
    ranges: ClassVar[list[str]] = []
    tag: ClassVar[str] = '"one"'
    extra: ClassVar[dict[str, str]] = {}
    status: ClassVar[int] = 0

    def do_GET(self) -> None:
        asked = self.headers.get("range", "")
        Source.ranges.append(asked)
        goes_on = bool(asked) and self.headers.get("if-range") == self.tag
        start = int(asked.removeprefix("bytes=").rstrip("-")) if goes_on else 0
        self.send_response(self.status or (206 if goes_on else 200))
        for name, value in {"ETag": self.tag, **self.extra}.items():
            self.send_header(name, value)
        if goes_on:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        end = self.breaks.pop(0) if self.breaks else len(CONTENT)
        self.wfile.write(CONTENT[start:end])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def address() -> Iterator[str]:
    Source.breaks, Source.ranges, Source.tag, Source.extra, Source.status = [], [], '"one"', {}, 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Source) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


async def fetch(address: str, path: Path, cap: int = 1 << 21) -> float:
    outbound = Outbound(address)
    try:
        return await download(outbound, f"http://{address}/file.bin", path, cap)
    finally:
        await outbound.stop()


async def test_a_download_goes_on_where_it_broke_off(address, tmp_path):
    Source.breaks, path = [400_000], tmp_path / "file"
    with pytest.raises(OutboundError, match="cannot be reached") as broken:
        await fetch(address, path)
    assert broken.value.transient
    kept = path.stat().st_size
    assert await fetch(address, path) == 0.0
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(CONTENT).digest()
    assert Source.ranges == ["", f"bytes={kept}-"]


async def test_a_file_that_changed_meanwhile_is_fetched_anew(address, tmp_path):
    Source.breaks, path = [400_000], tmp_path / "file"
    with pytest.raises(OutboundError):
        await fetch(address, path)
    Source.tag = '"two"'
    await fetch(address, path)
    assert path.read_bytes() == CONTENT


async def test_a_file_over_the_limit_is_not_read(address, tmp_path):
    with pytest.raises(OutboundError) as large:
        await fetch(address, tmp_path / "file", cap=1000)
    assert large.value.code == "too_large"
    assert not (tmp_path / "file").exists()


async def test_private_addresses_are_refused(tmp_path, address):
    outbound = Outbound("")
    for url in (f"https://{address}/file.bin", "http://example.org/file.bin", "file:///etc/passwd"):
        with pytest.raises(OutboundError, match=r"public|https|ports"):
            await download(outbound, url, tmp_path / "file", 1000)
    await outbound.stop()


async def test_the_pause_that_a_server_asks_for_is_told(address, tmp_path):
    Source.extra = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}
    assert await fetch(address, tmp_path / "file") == 7.0
    Source.status = 429
    with pytest.raises(OutboundError) as busy:
        await fetch(address, tmp_path / "other")
    assert (busy.value.status, busy.value.retry_after, busy.value.transient) == (429, 7.0, True)
