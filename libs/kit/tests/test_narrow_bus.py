"""A bus that carries less than long answers need is said at boot, not by some answers that fail."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nats
import pytest
from toy import build

from kit.provision import apply
from kit.testing import eventually, free_port

pytestmark = pytest.mark.live


@contextmanager
def bus(port: int, folder: Path, limit: str) -> Iterator[None]:
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\nmax_payload: {limit}\njetstream {{ store_dir: "{folder}", max_file: 16G }}\n'
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


async def provision(url: str, settings) -> None:
    connection = await eventually(lambda: nats.connect(url, connect_timeout=1), 20)
    await apply(connection.jetstream(), build(settings).durables, replicas=1)
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
