import asyncio

import pytest

from pipelines.process_usage import ProcessUsage
from runs import usage_records
from runs.usage_records import recorded


class Process:
    """Uses a second more each time that somebody looks."""

    def __init__(self) -> None:
        self.seconds, self.killed, self.ended = 0, False, False

    @property
    def usage(self) -> ProcessUsage:
        self.seconds += 1
        return ProcessUsage(float(self.seconds if not self.ended else 100))

    def kill(self) -> None:
        self.killed = True

    async def wait(self) -> None:
        self.ended = True


async def test_costs_are_written_while_a_run_goes_on_and_at_its_end(monkeypatch):
    monkeypatch.setattr(usage_records, "WRITE_INTERVAL", 0.01)
    process, written = Process(), []

    async def write(usage: ProcessUsage) -> None:
        written.append(usage.cpu_seconds)
        if len(written) == 1:
            raise ValueError("one that fails is followed by the next")

    async with recorded(process, write):
        while len(written) < 3:
            await asyncio.sleep(0.01)
    assert written[:3] == [1, 2, 3]
    assert written[-1] == 100
    assert not process.killed


async def test_what_an_interrupted_run_has_cost_is_written_once_it_is_dead():
    process, written = Process(), []

    async def write(usage: ProcessUsage) -> None:
        written.append((process.killed, usage.cpu_seconds))

    async def work() -> None:
        async with recorded(process, write):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert written == [(True, 100)]


async def test_worker_does_not_wait_long_for_an_entry(monkeypatch):
    monkeypatch.setattr(usage_records, "LAST_WRITE_TIMEOUT", 0.05)

    async def stuck(_: ProcessUsage) -> None:
        await asyncio.sleep(60)

    async with asyncio.timeout(5):
        with pytest.raises(ZeroDivisionError):
            async with recorded(Process(), stuck):
                raise ZeroDivisionError
