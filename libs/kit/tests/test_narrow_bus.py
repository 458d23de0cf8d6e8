"""A bus that carries less than long answers need, or keeps less than the streams reserve, is said at boot."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nats
import pytest
from toy import build

from contracts.streams import STREAMS
from kit.messaging.topology.apply import NoRoom, apply
from kit.messaging.topology.diff import drift
from kit.testing import eventually, free_port

pytestmark = pytest.mark.live


@contextmanager
def bus(port: int, folder: Path, limit: str = "8MB", files: str = "16G") -> Iterator[None]:
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\nmax_payload: {limit}\njetstream {{ store_dir: "{folder}", max_file: {files} }}\n'
    )
    process = subprocess.Popen(
        [Path(sys.executable).with_name("nats-server"), "-c", config],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


async def provision(url: str, settings, stream_bytes: int | None = None) -> None:
    connection = await eventually(lambda: nats.connect(url, connect_timeout=1), 20)
    try:
        await apply(connection.jetstream(), build(settings).durables, 1, stream_bytes)
    finally:
        await connection.close()


async def test_service_waits_for_a_bus_that_carries_long_answers(settings, spawn, tmp_path):
    port, http_port = free_port(), free_port()
    url = f"nats://127.0.0.1:{port}"

    async def readiness() -> tuple[int, list[str]]:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                answer = await http.get(f"http://127.0.0.1:{http_port}/readyz")
            except httpx.TransportError:
                return 0, []
        return answer.status_code, answer.json()["reasons"]

    async def told(status: int, reasons: list[str]) -> bool:
        return await readiness() == (status, reasons)

    narrow = "The bus takes messages of 1048576 bytes, 8000000 are needed. Raise its max_payload."
    with bus(port, tmp_path, "1MB"):
        await provision(url, settings)
        spawn(NATS__URL=url, HTTP__PORT=str(http_port))
        await eventually(lambda: told(503, [narrow]), 30)
    with bus(port, tmp_path, "8000000"):
        await eventually(lambda: told(200, []), 30)


async def test_bus_with_less_room_than_the_streams_want_is_refused_or_shared(settings, tmp_path):
    port, room = free_port(), 300 << 20
    with bus(port, tmp_path, files=str(room)):
        url = f"nats://127.0.0.1:{port}"
        with pytest.raises(NoRoom, match=r"no room for the stream COMMANDS of 1024 MiB. All streams take 7568 MiB"):
            await provision(url, settings)
        await provision(url, settings, room)
        connection = await nats.connect(url)
        js, durables = connection.jetstream(), build(settings).durables
        sizes = [(await js.stream_info(stream.name)).config.max_bytes or 0 for stream in STREAMS]
        assert room * 0.99 < sum(sizes) <= room
        assert await drift(js, durables, room) == []
        assert "max_bytes" in (await drift(js, durables))[0]
        await connection.close()
