"""Against real servers that are busy, silent or gone."""

import asyncio
import io
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest
import pytest_asyncio
from morecantile import Tile
from PIL import Image

from contracts.imagery import Template
from imagery import NoTiles, download, throttle
from imagery.tiles import chip_name
from kit.http.outbound import Outbound, OutboundError
from kit.http.outbound.errors import seconds_of
from kit.testing import free_port

TILES = [Tile(x, 220241, 19) for x in range(386690, 386702)]


def picture() -> bytes:
    made = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(made, "PNG")
    return made.getvalue()


class Server:
    """Answers with the statuses of `script`, then with pictures; notes when it was asked."""

    def __init__(self, *script: str) -> None:
        self.script, self.asked = list(script), []

    async def start(self) -> "Server":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked.append(time.monotonic())
        head = self.script.pop(0) if self.script else "200 OK"
        body = picture() if head.startswith("200") else b""
        writer.write(f"HTTP/1.1 {head}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def saved() -> AsyncIterator[dict[str, bytes]]:
    yield {}


async def fetch(port: int, tiles: list[Tile], saved: dict[str, bytes]):
    async def save(name: str, content: bytes) -> None:
        saved[name] = content

    outbound = Outbound(f"127.0.0.1:{port}")
    try:
        return await download(tiles, Template.of(f"http://127.0.0.1:{port}/{{z}}/{{x}}/{{y}}"), outbound, save)
    finally:
        await outbound.stop()


@pytest.mark.parametrize("status", ["429 Too Many", "503 Busy"])
async def test_busy_server_is_left_alone_as_long_as_it_asks(saved, status):
    server = await Server("200 OK", f"{status}\r\nretry-after: 2").start()
    result = await fetch(server.port, TILES, saved)
    assert (len(result.saved), result.failed) == (12, {})
    after = [moment - server.asked[1] for moment in server.asked[2:]]
    assert [moment for moment in after if 1.0 < moment < 1.9] == [], "whoever was not under way yet waits too"
    assert sum(moment >= 1.9 for moment in after) >= 6
    server.server.close()


async def test_a_long_pause_is_left_to_a_later_delivery(saved):
    server = await Server(*["200 OK"] * 4, *["429 Too Many\r\nretry-after: 300"] * 20).start()
    began = time.monotonic()
    result = await fetch(server.port, TILES, saved)
    assert time.monotonic() - began < 30
    assert (len(result.saved), len(result.failed), result.retry_after) == (4, 8, 300.0)
    assert result.transient == 8
    assert len(server.asked) <= 8
    assert "429" in result.failed[chip_name(TILES[-1])]
    server.server.close()


async def test_server_that_refuses_without_a_time_is_asked_ever_more_seldom(saved, monkeypatch):
    monkeypatch.setattr(throttle, "RATE_LIMIT_DELAYS", (0.3, 0.6))
    server = await Server(*["429 Too Many"] * 100).start()
    with pytest.raises(NoTiles, match="HTTP 429") as none:
        await fetch(server.port, TILES, saved)
    assert (none.value.transient, none.value.retry_after) == (True, throttle.MAX_PAUSE)
    assert len(server.asked) <= 12
    server.server.close()


async def test_dead_server_fails_within_ten_seconds_and_names_every_tile(saved):
    began = time.monotonic()
    with pytest.raises(NoTiles, match="cannot be reached") as none:
        await fetch(free_port(), TILES * 20, saved)
    assert time.monotonic() - began - 1 < 10
    assert none.value.transient
    assert none.value.retry_after == throttle.DEAD_SERVER_PAUSE
    assert set(none.value.failed) == {chip_name(tile) for tile in TILES}


async def test_silent_server_fails_too(saved, monkeypatch):
    """Connections are taken and never answered: two rounds of time-outs are enough."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        with pytest.raises(NoTiles, match="does not answer in time"):
            await fetch(listener.getsockname()[1], TILES * 20, saved)
        assert time.monotonic() - began < 28


async def test_missing_and_empty_tiles_have_reasons_of_their_own(saved):
    server = await Server("404 Not Found", "204 No Content").start()
    result = await fetch(server.port, TILES[:4], saved)
    assert sorted(result.failed.values()) == [
        "The imagery has no picture here.",
        "The imagery has no tile here (HTTP 404).",
    ]
    assert result.transient == 0
    server.server.close()


def test_retry_after_is_seconds_or_a_date():
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert seconds_of("120", now) == 120.0
    assert seconds_of(format_datetime(now + timedelta(seconds=45), usegmt=True), now) == 45.0
    assert seconds_of(format_datetime(now - timedelta(seconds=45), usegmt=True), now) == 0.0
    for odd in ("", "soon", "-5", "1e999", "inf"):
        assert seconds_of(odd, now) is None
    assert OutboundError("http_status", 429, 3.0).retry_after == 3.0
