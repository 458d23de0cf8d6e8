import asyncio
import os
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from pipelines.child_process import ChildProcess
from pipelines.fork_server import ForkServer, NoForkServer
from pipelines.launcher import Launcher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
OWN = {
    "DATABASE_URL": "postgresql://training:hidden@db/training", "STAC_DATABASE_URL": "postgresql://hidden@db/stac",
    "NATS_URL": "nats://training:hidden@nats", "NATS__URL": "nats://training:hidden@nats",
    "NATS__URL_TRAINING": "nats://training:hidden@nats", "MAPSWIPE_FB_PASSWORD": "hidden", "OSM_SECRET_KEY": "hidden",
}  # fmt: skip
NOWHERE = {"FAIR_ZENML_STORE_URL": "http://127.0.0.1:9", "FAIR_ZENML_STORE_API_KEY": "k"}
NEEDED = {"AWS_SECRET_ACCESS_KEY": "key of the bucket", "FAIR_CACHE_DIR": "/cache"}


async def _environment(pid: int) -> list[str]:
    """Empty for a moment, while the new program takes the place of the old one."""
    async with asyncio.timeout(5):
        while not (text := Path(f"/proc/{pid}/environ").read_text()):
            await asyncio.sleep(0.01)
    return text.split("\0")


@pytest.mark.parametrize("forked", [False, True])
async def test_code_of_a_model_sees_nothing_that_is_the_services_own(monkeypatch, tmp_path: Path, forked: bool):
    for name, value in (OWN | NEEDED).items():
        monkeypatch.setenv(name, value)
    with closing(ForkServer(NOWHERE, tmp_path)) as server:
        process = await (ChildProcess.fork(server, tmp_path) if forked else ChildProcess.start(NOWHERE, tmp_path))
        try:
            told = await _environment(process.pid)
        finally:
            process.kill()
            await process.wait()
    assert {f"{name}={value}" for name, value in NEEDED.items()} <= set(told)
    assert [line for line in told if "hidden" in line] == []


async def _ended(process: ChildProcess) -> int:
    process.kill()
    return await asyncio.wait_for(process.wait(), 10)


async def test_a_fork_is_a_child_of_the_worker_in_a_session_of_its_own(tmp_path: Path):
    with closing(ForkServer(NOWHERE, tmp_path)) as server:
        one, other = [await ChildProcess.fork(server, tmp_path) for _ in range(2)]
        assert [psutil.Process(each.pid).ppid() for each in (one, other)] == [os.getpid()] * 2
        assert [os.getsid(each.pid) for each in (one, other)] == [one.pid, other.pid]
        server.close()
        assert one.is_alive
        assert [await _ended(each) for each in (one, other)] == [-9, -9]
    assert list(tmp_path.iterdir()) == []


async def test_a_fork_server_that_was_killed_starts_again(tmp_path: Path):
    with closing(ForkServer(NOWHERE, tmp_path)) as server:
        first = await ChildProcess.fork(server, tmp_path)
        [forker] = [
            one for one in psutil.Process().children() if "--fork-server" in one.cmdline() and one.pid != first.pid
        ]
        forker.kill()
        forker.wait(10)
        second = await ChildProcess.fork(server, tmp_path)
        assert [await _ended(each) for each in (first, second)] == [-9, -9]


async def test_without_a_fork_server_each_run_imports_by_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    broken = {**NOWHERE, "PYTHONPATH": str(tmp_path / "broken")}
    (tmp_path / "broken" / "zenml").mkdir(parents=True)
    (tmp_path / "broken" / "zenml" / "__init__.py").write_text("raise SystemExit('no zenml today')")
    with closing(ForkServer(broken, tmp_path)) as server, pytest.raises(NoForkServer, match="no zenml today"):
        await ChildProcess.fork(server, tmp_path)
    async with Launcher(broken, tmp_path) as launcher:
        assert (await launcher._take()).is_alive
    assert "run.not_forked" in caplog.text
