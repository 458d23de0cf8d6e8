"""The account of a process tree whose processes say themselves what the kernel charges them."""

import asyncio
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import process_reaper
from pipelines.process_reaper import ProcessReaper, become_subreaper, kill_group
from pipelines.process_usage import cpu_seconds, held_devices

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
NOTE = """
import os, resource, signal, sys, time
def note(name):
    used = resource.getrusage(resource.RUSAGE_SELF)
    open(os.path.join(sys.argv[1], name), "w").write(str(used.ru_utime + used.ru_stime))
def burn(seconds):
    while time.process_time() < seconds:
        pass
"""
TREE = (
    NOTE
    + """
if os.fork() == 0:  # waited for
    burn(0.7); note("child"); os._exit(0)
if os.fork() == 0:
    if os.fork() == 0:  # nobody waits for it, and it outlives the leader
        burn(0.6); note("orphan"); time.sleep(60)
    os._exit(0)
os.wait(), os.wait()
burn(0.5)
while not os.path.exists(os.path.join(sys.argv[1], "orphan")):
    time.sleep(0.01)
note("leader")
"""
)
HELPLESS = (
    NOTE
    + """
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))  # the kernel kills it after a second of processor time
if os.fork() == 0:
    burn(60)
burn(60)
"""
)
LARGE = """
import os, time
block = bytearray(os.urandom(1)) * 120_000_000
pid = os.fork()  # shares it
time.sleep(600)
"""


def started(program: str, *arguments: str) -> tuple[int, ProcessReaper]:
    become_subreaper()
    command = [sys.executable, "-c", program, *arguments]
    leader = os.posix_spawn(sys.executable, command, dict(os.environ), setpgroup=0)
    reaper = ProcessReaper(leader)
    reaper.begun = True
    return leader, reaper


async def test_all_processes_are_charged_as_the_kernel_does(tmp_path: Path):
    _, reaper = started(TREE, str(tmp_path))
    assert await asyncio.wait_for(reaper.code, 60) == 0
    noted = {file.name: float(file.read_text()) for file in tmp_path.iterdir()}
    assert noted.keys() == {"leader", "child", "orphan"}
    assert reaper.usage.cpu_seconds == pytest.approx(sum(noted.values()), rel=0.05)


async def test_processes_that_are_killed_are_charged_too():
    before = cpu_seconds(resource.getrusage(resource.RUSAGE_CHILDREN))
    leader, reaper = started(HELPLESS)
    assert await asyncio.wait_for(reaper.code, 60) == -signal.SIGKILL
    charged = cpu_seconds(resource.getrusage(resource.RUSAGE_CHILDREN)) - before
    assert 1.5 < charged < 2.5
    assert reaper.usage.cpu_seconds == pytest.approx(charged, rel=0.05)
    with pytest.raises(ProcessLookupError):
        os.killpg(leader, 0)


async def test_memory_that_forks_share_counts_once(monkeypatch):
    monkeypatch.setattr(process_reaper, "SAMPLE_INTERVAL", 0.05)
    leader, reaper = started(LARGE)
    await until(lambda: reaper.usage.peak_memory > 120e6)
    await asyncio.sleep(0.5)
    kill_group(leader)
    await asyncio.wait_for(reaper.code, 60)
    assert reaper.usage.peak_memory < 200e6


async def test_held_device_costs_its_seconds(monkeypatch, tmp_path: Path):
    device = tmp_path / "gpu0"
    device.touch()
    monkeypatch.setattr(process_reaper, "SAMPLE_INTERVAL", 0.05)
    monkeypatch.setattr(held_devices, "__defaults__", (re.compile(re.escape(str(device))),))
    leader, reaper = started("import sys, time; kept = open(sys.argv[1]); time.sleep(600)", str(device))
    await until(lambda: reaper.usage.gpu_seconds > 0)
    before, began = reaper.usage.gpu_seconds, time.monotonic()
    await until(lambda: reaper.usage.gpu_seconds - before > 1)
    elapsed = time.monotonic() - began
    kill_group(leader)
    await asyncio.wait_for(reaper.code, 60)
    assert elapsed + 0.2 >= 1, "no more than the time that passed"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)
