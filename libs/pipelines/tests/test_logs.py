"""Logs longer than ZenML's own answer, on real servers."""

import asyncio
import time
from typing import Any

import pytest

from pipelines.launcher import Launcher
from pipelines.port import LogEntry
from pipelines.run_process import RunProcess
from pipelines.zenml import ZenMLPipelines

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
LINES = 60_000
SOON = 3.0
"""Seconds: the whole log took 14."""


async def last(pipelines: ZenMLPipelines, run_id: str, tail: int, step: str | None = "train_model") -> list[LogEntry]:
    started = time.monotonic()
    found = await pipelines.logs(run_id, step, tail=tail)
    assert time.monotonic() - started < SOON
    return found


def numbers(entries: list[LogEntry]) -> list[int]:
    return [int(entry.message[5:]) for entry in entries if entry.message.startswith("line ")]


async def id_of(child: RunProcess) -> str:
    async with asyncio.timeout(60):
        while not child.run_id:
            await asyncio.sleep(0.1)
    return child.run_id


async def moves_on(pipelines: ZenMLPipelines, run_id: str) -> None:
    """Returns when two looks at the end of the log have shown two ends, both far from the start."""
    seen: set[int] = set()
    async with asyncio.timeout(120):
        while len({end for end in seen if end > 2000}) < 2:
            seen |= set(numbers(await pipelines.logs(run_id, tail=5))[-1:])
            await asyncio.sleep(0.5)


async def test_end_of_a_long_log_is_told_soon_while_it_grows_and_after(
    launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any
) -> None:
    async with launcher.start(a_spec(lines=LINES, width=20_000)) as child:
        run_id = await id_of(child)
        await moves_on(pipelines, run_id)
        assert (await child.wait()).status == "completed"
    step = await last(pipelines, run_id, 200)
    assert numbers(step)[-100:] == list(range(LINES - 100, LINES))
    [wide] = [entry.message for entry in step if entry.message.startswith("wide")]
    assert wide == f"wide {'ß' * 20_000} end"
    assert (await last(pipelines, run_id, 5, step=None)) == (await last(pipelines, run_id, 50, step=None))[-5:]
    assert numbers(await pipelines.logs(run_id, "train_model", tail=100_000)) == list(range(LINES))
