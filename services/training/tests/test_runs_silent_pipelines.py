"""A pipeline server that accepts connections and never answers costs those who ask for what only it knows."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts import training as c
from kit.errors import Unavailable
from kit.messaging.envelope import SERVICE
from kit.testing import MAPPER, eventually
from pipelines.zenml import ZenMLPipelines
from runs.pipeline_server import PipelineServer
from stack.line import SilentServer, silent_server

RECONCILER = 1
"""Calls that nobody waits for."""
WAIT = 2.0
"""Seconds that the gateway waits for an answer."""


@pytest_asyncio.fixture
async def silent(running, monkeypatch) -> AsyncIterator[SilentServer]:
    server = next(one for one in running.provides if isinstance(one, PipelineServer))
    async with silent_server() as silent, ZenMLPipelines(silent.url, "key", 60.0) as pipelines:
        monkeypatch.setattr(server, "pipelines", pipelines)
        yield silent


async def test_others_are_answered_and_most_who_ask_it_are_refused_at_once(submit, caller, silent: SilentServer):
    row = await submit()
    report = c.ReportRun(training_id=row["id"], attempt=1, status="running", run_id=str(uuid4()))
    await caller.send(report, SERVICE)

    async def refusal() -> str:
        with pytest.raises(Unavailable) as refused:
            await caller.bus.ask(c.GetRunLogs(training_id=row["id"]), MAPPER, WAIT)
        return refused.value.code

    asked = [asyncio.create_task(refusal()) for _ in range(40)]
    for _ in range(20):
        assert await caller.bus.ask(c.GetTraining(training_id=row["id"]), MAPPER, WAIT)
    codes = await asyncio.gather(*asked)
    assert codes.count("neighbour_busy") >= 30
    await eventually(lambda: len(silent.open) <= RECONCILER)
