"""Work in a child: limits hold, and whatever becomes of the child, there is an answer."""

import asyncio
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import children

from kit.process.subprocess_errors import SubprocessDied, SubprocessOutOfMemory, SubprocessTimeout
from kit.process.subprocesses import GIB, WarmSubprocess, run_in_subprocess

LIMIT = 60.0
HANDED = os.urandom(24 << 20)
"""More than a pipe holds, so that handing it over takes time."""


@pytest.fixture
async def child() -> AsyncIterator[WarmSubprocess]:
    one = WarmSubprocess()
    yield one
    one.stop()


async def gone(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        async with asyncio.timeout(LIMIT):
            while process.status() != psutil.STATUS_ZOMBIE:
                await asyncio.sleep(0.02)


async def test_result_and_error_come_back():
    assert await run_in_subprocess(children.size, b"abc", timeout=LIMIT) == 3
    with pytest.raises(ValueError, match="no such place"):
        await run_in_subprocess(children.fail, timeout=LIMIT)


async def test_what_a_failed_call_was_given_is_not_kept(child):
    given = children.Given()
    kept = weakref.ref(given)
    gc.disable()
    try:
        with suppress(ValueError):
            await child.run(children.refuse, given, timeout=LIMIT)
        del given
        await child.run(os.getpid, timeout=LIMIT)  # the pool keeps its last task
        async with asyncio.timeout(LIMIT / 4):
            while kept() is not None:  # a thread of the pool may have it for a moment
                await asyncio.sleep(0.02)
    finally:
        gc.enable()


async def test_large_answers_come_back(child):
    assert await child.run(children.echo, HANDED, timeout=LIMIT) == HANDED


@pytest.mark.parametrize(
    ("call", "args"),
    [(children.leave, (9,)), (children.leave, (0,)), (children.crash, ()), (children.leave_politely, ())],
)
async def test_death_is_an_answer_whatever_its_code(child, call, args):
    await child.run(os.getpid, timeout=LIMIT)
    started = time.monotonic()
    with pytest.raises(SubprocessDied):
        await child.run(call, *args, timeout=LIMIT)
    assert time.monotonic() - started < 10
    assert await child.run(children.size, b"ab", timeout=LIMIT) == 2


async def test_time_limit_kills(child, tmp_path):
    await child.run(os.getpid, timeout=LIMIT)
    with pytest.raises(SubprocessTimeout):
        await child.run(children.sleep_after, str(tmp_path / "pid"), 300.0, timeout=1.0)
    await gone(int((tmp_path / "pid").read_text()))


async def test_child_that_blocks_every_polite_signal_is_killed(child):
    pid = await child.run(os.getpid, timeout=LIMIT)
    with pytest.raises(SubprocessTimeout):
        await child.run(children.sleep_in_c, 300, timeout=0.5)
    await gone(pid)


async def test_memory_limit_is_an_error_of_its_own():
    small = WarmSubprocess(memory=GIB)
    with pytest.raises(SubprocessOutOfMemory):
        await small.run(children.allocate, 3 * GIB, timeout=LIMIT)
    assert await small.run(children.allocate, 1000, timeout=LIMIT) == 1000
    small.stop()


async def test_child_is_kept_and_replaced_when_it_died_idle(child):
    first = await child.run(os.getpid, timeout=LIMIT)
    assert await child.run(os.getpid, timeout=LIMIT) == first
    os.kill(first, signal.SIGKILL)
    await gone(first)
    assert await child.run(os.getpid, timeout=LIMIT) != first


async def test_cancelled_work_ends_with_its_child(child, tmp_path):
    file = tmp_path / "pid"
    work = asyncio.create_task(child.run(children.sleep_after, str(file), 300.0, timeout=LIMIT))
    async with asyncio.timeout(LIMIT):
        while not (file.exists() and file.read_text()):
            await asyncio.sleep(0.02)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await gone(int(file.read_text()))


async def test_broken_setup_is_an_answer():
    with pytest.raises(SubprocessDied):
        await WarmSubprocess(children.leave, 0).run(os.getpid, timeout=LIMIT)
    with pytest.raises(SubprocessDied):
        await WarmSubprocess(children.fail).run(os.getpid, timeout=LIMIT)


async def test_kill_while_work_is_handed_over_never_hangs(child):
    """At random moments of handing over 24 MB: each time an answer in seconds, and the next child works."""
    answers = []
    for number in range(30):
        pid = await child.run(os.getpid, timeout=LIMIT)
        moment = random.Random(number).uniform(0, 0.03)
        threading.Timer(moment, os.kill, (pid, signal.SIGKILL)).start()
        try:
            async with asyncio.timeout(20):
                answers.append(await child.run(children.size, HANDED, timeout=LIMIT))
        except SubprocessDied:
            answers.append(None)
    assert set(answers) <= {None, len(HANDED)}
    assert None in answers


async def test_nothing_is_left_of_children_that_ended():
    before = {thread.name for thread in threading.enumerate()}
    files = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        await run_in_subprocess(children.size, b"a", timeout=LIMIT)
    async with asyncio.timeout(LIMIT):
        while {t.name for t in threading.enumerate()} - before or len(os.listdir("/proc/self/fd")) > files + 2:
            await asyncio.sleep(0.05)


PARENT = """
import asyncio, sys
sys.path.insert(0, {folder!r})
import children
from kit.process.subprocesses import run_in_subprocess
if __name__ == "__main__":
    asyncio.run(run_in_subprocess(children.sleep_after, {file!r}, 300.0))
"""


async def test_child_dies_with_its_parent(tmp_path):
    file, program = tmp_path / "pid", tmp_path / "parent.py"
    program.write_text(PARENT.format(folder=str(Path(__file__).parent), file=str(file)))
    parent = subprocess.Popen([sys.executable, program])
    async with asyncio.timeout(LIMIT):
        while not (file.exists() and file.read_text()):
            await asyncio.sleep(0.02)
    parent.kill()
    parent.wait(10)
    await gone(int(file.read_text()))


LOSER = """
import asyncio, os, signal, sys, threading
sys.path.insert(0, {folder!r})
import children
from kit.process.subprocess_errors import SubprocessDied
from kit.process.subprocesses import WarmSubprocess

async def lose() -> None:
    child, content = WarmSubprocess(), os.urandom(24 << 20)
    for number in range(6):
        pid = await child.run(os.getpid, timeout=60)
        threading.Timer(number * 0.004, os.kill, (pid, signal.SIGKILL)).start()
        try:
            await child.run(children.size, content, timeout=60)
        except SubprocessDied:
            pass

if __name__ == "__main__":
    asyncio.run(lose())
"""


async def test_child_has_no_keys_of_the_object_store(tmp_path):
    program = tmp_path / "main.py"
    program.write_text(
        "import asyncio, os\n"
        "from kit.process.subprocesses import run_in_subprocess\n"
        "if __name__ == '__main__':\n"
        "    print([asyncio.run(run_in_subprocess(os.getenv, name)) for name in ('AWS_REGION', 'AWS_ACCESS_KEY_ID')])\n"
    )
    environment = {**os.environ, "AWS_REGION": "here", "AWS_ACCESS_KEY_ID": "key"}
    said = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert said.stdout.strip() == "['here', None]", said.stderr


async def test_process_whose_children_were_killed_can_end(tmp_path):
    program = tmp_path / "loser.py"
    program.write_text(LOSER.format(folder=str(Path(__file__).parent)))
    assert subprocess.run([sys.executable, program], timeout=90, check=False).returncode == 0
