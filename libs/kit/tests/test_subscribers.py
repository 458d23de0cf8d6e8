"""What FastStream's loop takes is settled whenever it is stopped, waits for nobody, and comes again after trouble."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeout
from toy import ItemAdded, build

from contracts.streams import CONSUMER_GROUPS, EVENTS
from kit.messaging import nats_connection
from kit.messaging.delivery.batches import Settle, each
from kit.messaging.delivery.subscribers import PAUSE, Fetcher, Subscribers, broker
from kit.messaging.topology.apply import Durable, restore
from kit.testing import Caller, eventually, provisioned
from stack.line import line_to

pytestmark = pytest.mark.live
GROUP = CONSUMER_GROUPS["events"]


@pytest.fixture
async def durable(settings, schema, caller: Caller) -> Durable:
    """The toy's durable of events, with nothing waiting in it."""
    toy = build(settings)
    await provisioned(toy)
    await caller.bus.js.purge_stream(EVENTS.name)
    return next(one for one in toy.durables if one.group == GROUP)


@asynccontextmanager
async def hearing(url: str, settle: Settle, group=GROUP) -> AsyncIterator[Subscribers]:
    line = broker(nats_connection.connect_options("toy", url, lambda: None))
    subscribers = Subscribers(line, await line.connect(), "toy")
    subscribers.add(group, each(settle))
    await subscribers.start()
    try:
        yield subscribers
    finally:
        await subscribers.stop()
        await line.stop()


async def test_what_the_server_handed_out_is_settled(durable: Durable, caller: Caller, nats_url: str):
    """Stopped at any moment, also between the delivery and its arrival here."""
    settled = 0

    async def settle(msg: Msg) -> None:
        nonlocal settled
        await asyncio.sleep(0.002)
        await msg.ack()
        settled += 1

    async def publish() -> None:
        while True:
            await caller.bus.nc.publish(ItemAdded.subject(), b"{}")
            await asyncio.sleep(0.0005)

    before = await _delivered(caller, durable)
    publishing = asyncio.create_task(publish())
    for pause in [number / 50 for number in range(6)]:
        async with hearing(nats_url, settle):
            await asyncio.sleep(pause)
    publishing.cancel()
    assert await _delivered(caller, durable) - before == settled > 0
    await caller.bus.js.purge_stream(EVENTS.name)


async def _delivered(caller: Caller, durable: Durable) -> int:
    return (await caller.bus.js.consumer_info(EVENTS.name, durable.name)).delivered.consumer_seq


async def test_what_arrives_after_its_fetch_has_ended_is_settled(durable: Durable, caller: Caller):
    """The server sent it in the moment in which the fetch ended; here nobody asked by a fetch at all."""
    nc, name = caller.bus.nc, durable.name
    subscription = await caller.bus.js.pull_subscribe_bind(durable=name, stream=EVENTS.name)
    for number in range(3):
        await caller.bus.js.publish(ItemAdded.subject(), str(number).encode())
    asked = f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS.name}.{name}"
    await nc.publish(asked, b'{"batch": 3, "no_wait": true}', reply=subscription._deliver)
    await eventually(lambda: subscription.pending_msgs == 3)
    fetcher = Fetcher(subscription, nc, GROUP.fetch)
    fetcher.ending = True
    found = await fetcher.fetch(GROUP.fetch, 1.0)
    assert [msg.data for msg in found] == [b"0", b"1", b"2"]
    assert not fetcher.ended.is_set()
    ending = asyncio.create_task(fetcher.fetch(GROUP.fetch, 1.0))
    await asyncio.wait_for(fetcher.ended.wait(), 5)
    assert not ending.done(), "the loop would fetch again"
    ending.cancel()
    await asyncio.gather(*(msg.ack_sync() for msg in found))
    await subscription.unsubscribe()


@pytest.mark.parametrize("is_connected", [True, False])
async def test_what_cannot_be_fetched_yet_ends_nothing_unless_its_line_is_gone(is_connected: bool):
    class Unfetchable:
        pending_msgs = 1

        async def unsubscribe(self) -> None: ...

        async def fetch(self, *_: float) -> list[Msg]:
            raise NatsTimeout

    class Line:
        async def flush(self, _: float) -> None: ...

    line = Line()
    line.is_connected = is_connected
    fetcher = Fetcher(Unfetchable(), line, GROUP.fetch)
    fetcher.ending = True
    asked = asyncio.create_task(fetcher.fetch(GROUP.fetch, 1.0))
    if is_connected:
        with pytest.raises(NatsTimeout):
            await asyncio.wait_for(asked, 5)
    else:
        await asyncio.wait_for(fetcher.ended.wait(), 5)
        asked.cancel()
    assert fetcher.ended.is_set() != is_connected


async def test_an_event_waits_for_no_full_batch(durable: Durable, caller: Caller, nats_url: str):
    took = []

    async def settle(msg: Msg) -> None:
        took.append(time.monotonic() - sent)
        await msg.ack()

    async with hearing(nats_url, settle):
        for number in range(5):
            await asyncio.sleep(0.1)
            sent = time.monotonic()
            await caller.bus.nc.publish(ItemAdded.subject(), b"{}")
            await eventually(lambda wanted=number + 1: len(took) == wanted)
    assert sorted(took)[2] < 0.25, took


async def test_slow_messages_hold_up_no_others(settings, durable: Durable, caller: Caller, nats_url: str):
    """Those that take long are fetched one by one."""
    go_on, done = asyncio.Event(), 0

    async def settle(msg: Msg) -> None:
        nonlocal done
        if msg.data == b"slow":
            await go_on.wait()
        done += 1
        await msg.ack()

    slow = CONSUMER_GROUPS["effects"]
    async with hearing(nats_url, settle, replace(GROUP, batch=slow.batch, fetch=slow.fetch)):
        for body in [b"slow"] * (slow.batch - 1) + [b"quick"] * 20:
            await caller.bus.nc.publish(ItemAdded.subject(), body)
        await eventually(lambda: done == 20)
        go_on.set()
        await eventually(lambda: done == 19 + slow.batch)


async def test_a_deleted_durable_is_taken_up_again_and_asked_for_seldom(
    durable: Durable, caller: Caller, nats_url: str, caplog
):
    heard = []

    async def settle(msg: Msg) -> None:
        heard.append(msg.data)
        await msg.ack()

    async with hearing(nats_url, settle):
        await caller.bus.js.delete_consumer(EVENTS.name, durable.name)
        await asyncio.sleep(4 * PAUSE)
        lanes = GROUP.batch // GROUP.fetch
        assert sum(record.message == "fetch.refused" for record in caplog.records) <= 6 * lanes
        first = (await caller.bus.js.stream_info(EVENTS.name)).state.last_seq + 1
        await restore(caller.bus.js, durable, first)
        await caller.bus.nc.publish(ItemAdded.subject(), b"after")
        await eventually(lambda: heard == [b"after"])


async def test_a_new_line_is_heard_at_once(durable: Durable, caller: Caller, nats_url: str):
    heard = []

    async def settle(msg: Msg) -> None:
        heard.append(msg.data)
        await msg.ack()

    async with line_to(nats_url) as line, hearing(line.url, settle) as subscribers:
        await asyncio.sleep(0.2)
        await line.cut()
        await eventually(lambda: not subscribers.nc.is_connected)
        await line.open()
        await eventually(lambda: subscribers.nc.is_connected)
        await caller.bus.nc.publish(ItemAdded.subject(), b"after")
        await eventually(lambda: heard == [b"after"], 3.0)
