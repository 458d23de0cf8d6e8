"""A line to the message bus on which nothing comes any more, and a bus that answers but stores nothing."""

import time
from contextlib import suppress

import nats
import pytest
from toy import AddItem

from contracts.streams import PROBES
from kit.app import Service
from kit.errors import Unavailable
from kit.messaging import nats_connection
from kit.messaging.bus import Bus
from kit.messaging.bus_probe import REUSED_FOR, BusProbe
from kit.messaging.topology.apply import stream_config
from kit.telemetry import metrics
from kit.testing import MAPPER, Caller, eventually
from stack.line import line_to

pytestmark = pytest.mark.live


async def test_a_silent_line_is_replaced_within_ten_seconds(running, nats_url: str):
    async with line_to(nats_url) as line:
        nc = await nats.connect(**nats_connection.connect_options("toy", line.url, lambda: None))
        bus = Bus(nc, "toy")
        await bus.start()
        started = time.monotonic()
        line.hang()
        await eventually(lambda: _stored(bus), 15)
        assert time.monotonic() - started < 10
        await nc.close()


async def _stored(bus: Bus) -> bool:
    with suppress(Unavailable):
        return await bus.send(AddItem(name="after silence"), MAPPER, wait=0.5) is not None
    return False


async def test_readiness_says_that_the_bus_answers_but_does_not_store(running, caller: Caller):
    js, declared = caller.bus.js, stream_config(PROBES)
    assert await BusProbe(caller.bus.nc, "toy").problem() == ""
    await js.update_stream(declared, max_bytes=1, discard="new")
    try:
        assert "does not store messages (maximum bytes exceeded)" in await BusProbe(caller.bus.nc, "toy").problem()
        assert "does not store messages" in await eventually(running.bus_problem)
        assert metrics.BUS_STORES._value.get() == 0
    finally:
        await js.update_stream(declared)
    assert await BusProbe(caller.bus.nc, "toy").problem() == ""
    await eventually(lambda: _is_well(running))
    assert metrics.BUS_STORES._value.get() == 1


async def _is_well(service: Service) -> bool:
    return not await service.bus_problem()


async def test_many_who_ask_at_once_share_one_message(running, caller: Caller):
    probe = BusProbe(caller.bus.nc, "toy")
    before = (await caller.bus.js.stream_info(PROBES.name)).state.last_seq
    started = time.monotonic()
    for _ in range(20):
        await probe.problem()
    sent = (await caller.bus.js.stream_info(PROBES.name)).state.last_seq - before
    assert sent <= 1 + (time.monotonic() - started) // REUSED_FOR
