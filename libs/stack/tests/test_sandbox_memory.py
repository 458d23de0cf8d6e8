"""The sandbox's imagery server stays small, however many tiles are asked for at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from stack.bench.system import memory
from stack.home import Home
from stack.sandbox import sandbox, village

MOST = 250
"""Megabytes."""


@pytest.mark.timeout(400)
def test_tiles_stay_small(tmp_path: Path):
    server, url = sandbox("tiles", home=Home(tmp_path))
    server.start()
    try:
        with httpx.Client(timeout=300, trust_env=False) as http, ThreadPoolExecutor(8) as pool:
            wanted = [f"{url}/train/{t.z}/{t.x}/{t.y}.jpg" for t in village.TRAIN.tiles()[:10]]
            parts = [f"{url}/train/20/{2 * t.x}/{2 * t.y}.png" for t in village.TRAIN.tiles()[:10]]
            answers = list(pool.map(lambda address: http.get(address).status_code, [*wanted, *parts, *wanted]))
        assert set(answers) == {200}
        assert server.pid
        resident = memory(server.pid)[1]
        peak = _peak(server.pid)
    finally:
        server.stop()
    assert resident < MOST
    assert peak < MOST * 1.2


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
