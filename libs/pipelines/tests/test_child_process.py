import asyncio
import sys
from pathlib import Path

import pytest

from pipelines.child_process import ChildProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
OWN = {
    "DATABASE_URL": "postgresql://training:hidden@db/training", "STAC_DATABASE_URL": "postgresql://hidden@db/stac",
    "NATS_URL": "nats://training:hidden@nats", "NATS__URL": "nats://training:hidden@nats",
    "NATS__URL_TRAINING": "nats://training:hidden@nats", "MAPSWIPE_FB_PASSWORD": "hidden", "OSM_SECRET_KEY": "hidden",
}  # fmt: skip
NEEDED = {"AWS_SECRET_ACCESS_KEY": "key of the bucket", "FAIR_CACHE_DIR": "/cache"}


async def _environment(pid: int) -> list[str]:
    """Empty for a moment, while the new program takes the place of the old one."""
    async with asyncio.timeout(5):
        while not (text := Path(f"/proc/{pid}/environ").read_text()):
            await asyncio.sleep(0.01)
    return text.split("\0")


async def test_code_of_a_model_sees_nothing_that_is_the_services_own(monkeypatch, tmp_path: Path):
    for name, value in (OWN | NEEDED).items():
        monkeypatch.setenv(name, value)
    process = await ChildProcess.start(
        {"FAIR_ZENML_STORE_URL": "http://127.0.0.1:9", "FAIR_ZENML_STORE_API_KEY": "k"}, tmp_path
    )
    try:
        told = await _environment(process.pid)
    finally:
        process.kill()
        await process.wait()
    assert {f"{name}={value}" for name, value in NEEDED.items()} <= set(told)
    assert [line for line in told if "hidden" in line] == []
