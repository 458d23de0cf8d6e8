"""Every fault in turn under a load of half of what the machine carries: nothing is lost, nothing happens twice, nothing
stays undone, and every kind of write is good again within ten seconds of the end of the fault.

The faults: kill -9 of services at their worst moments, of nats-server, of PostgreSQL; NATS away; a durable deleted;
malformed messages; a service that stalls; a gateway whose clock is a minute behind; a line on which nothing comes
any more; a database that is away while datasets are built; a STAC API and an object store that are silent.
"""

import asyncio
import time
from contextlib import suppress
from uuid import uuid4

import httpx
import pytest
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from contracts import headers as h
from contracts.catalog.areas import CreateAoi
from fairway import rows
from kit.testing import eventually
from stack.demo.demo_area import read_demo_area
from stack.demo.job import KEYWORDS, LABELS
from stack.install import program
from stack.line import line_to
from stack.platform.settings import bus, tiles
from tests.e2e import invariants
from tests.e2e.conftest import Platform
from tests.e2e.faults import Supervisor, database_away, server_away, server_killed, until
from tests.e2e.load import Load, good_again
from tests.e2e.readers import Readers
from tests.e2e.under_load import GOOD_AGAIN, UnderLoad, measured, supervisor, under_load

__all__ = ["measured", "supervisor", "under_load"]
pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
DATABASE_AGAIN = 15.0
AT_ONCE = 2.0
STALL = 15.0
POINTS = (
    ("catalog", "settle.handled:0.05"), ("catalog", "settle.committed:0.05"), ("catalog", "direct.judged:0.05"),
    ("catalog", "relay.acked:0.05"), ("gateway", "bus.answered_directly:0.05"), ("gateway", "bus.published:0.05"),
)  # fmt: skip


async def test_services_are_killed_at_their_worst_moments(under_load: UnderLoad, supervisor: Supervisor):
    async def killed(load: Load) -> None:
        for _ in range(2):
            await supervisor.killed("catalog")
            print(await good_again(load, time.monotonic(), GOOD_AGAIN))
        for room, point in POINTS:
            await supervisor.armed(room, point)
            print(point, await good_again(load, time.monotonic(), GOOD_AGAIN))

    await under_load(killed)


async def test_the_message_bus_is_killed(under_load: UnderLoad, platform: Platform):
    async def killed(load: Load) -> dict[str, float]:
        await server_killed(platform.home, "nats")
        return await good_again(load, time.monotonic(), GOOD_AGAIN)

    await under_load(killed)


async def test_the_database_is_killed(under_load: UnderLoad, platform: Platform):
    async def killed(load: Load) -> dict[str, float]:
        await server_killed(platform.home, "postgres")
        return await good_again(load, time.monotonic(), DATABASE_AGAIN)

    await under_load(killed)


async def test_the_message_bus_is_away(under_load: UnderLoad, platform: Platform):
    async def away(load: Load) -> dict[str, float]:
        async with server_away(platform.home, "nats"):
            await asyncio.sleep(STALL)
        return await good_again(load, time.monotonic(), GOOD_AGAIN)

    await under_load(away)


async def test_malformed_messages_become_dead_letters_and_delay_nobody(under_load: UnderLoad, platform: Platform):
    async def sent(load: Load) -> dict[str, float]:
        started = time.monotonic()
        await _malformed(platform, 20)
        load.malformed[f"{CreateAoi.ce_type()} {CreateAoi.ce_type()}: geometry Input should be an object"] = 20
        return await good_again(load, started, AT_ONCE)

    await under_load(sent)


async def _malformed(platform: Platform, number: int) -> None:
    async with invariants.bus(platform) as js:
        for _ in range(number):
            key = str(uuid4())
            headers = {h.ID: key, h.TYPE: CreateAoi.ce_type(), h.ACTOR: '{"id":1,"username":"x","roles":[]}'}
            await js.publish(CreateAoi.subject(key), b'{"geometry": 5}', headers=headers)


async def _found(js: JetStreamContext, durable: str) -> ConsumerInfo | None:
    """Short commands come through without it, so it may be made later than the first of them is answered."""
    with suppress(NotFoundError):
        return await js.consumer_info("COMMANDS", durable)


async def test_a_durable_is_deleted(under_load: UnderLoad, platform: Platform, supervisor: Supervisor):
    """The service makes it again and goes on where it was: it is not started anew, and old commands do not
    come again."""
    restarts = supervisor.restarts

    async def deleted(load: Load) -> dict[str, float]:
        async with invariants.bus(platform) as js:
            before = await js.consumer_info("COMMANDS", "catalog-commands-v1")
            known = before.ack_floor.stream_seq if before.ack_floor else 0
            await asyncio.sleep(8)  # until the service has looked at its place in the stream
            await js.delete_consumer("COMMANDS", "catalog-commands-v1")
            seconds = await good_again(load, time.monotonic(), GOOD_AGAIN)
            again = await eventually(lambda: _found(js, "catalog-commands-v1"), GOOD_AGAIN)
            assert (again.config.opt_start_seq or 0) > known
            return seconds

    await under_load(deleted)
    assert supervisor.restarts == restarts


async def test_an_owner_stalls_while_clients_repeat(
    under_load: UnderLoad, platform: Platform, supervisor: Supervisor
):  # fmt: skip
    """Repeats wait with the first one: the stream holds each command once, and the backlog ends with the stall."""
    before = await invariants.repeated_commands(platform)

    async def stalled(load: Load) -> dict[str, float]:
        async with supervisor.stalled("catalog"):
            await asyncio.sleep(STALL)
            assert await invariants.repeated_commands(platform) == before
        return await good_again(load, time.monotonic(), GOOD_AGAIN)

    load = await under_load(stalled)
    assert len(load.requests) > len(load.writes), "nobody was impatient"


async def test_the_clock_of_the_gateway_is_a_minute_behind(under_load: UnderLoad, supervisor: Supervisor):
    async def behind(load: Load) -> None:
        started = time.monotonic()
        await asyncio.sleep(5)
        assert not load.bad(started)

    shifted = [program("faketime", "faketime"), "-m", "--exclude-monotonic", "-f", "-60s"]
    async with supervisor.changed("gateway", shifted):
        await under_load(behind)


async def test_nothing_comes_through_from_the_message_bus(
    under_load: UnderLoad, platform: Platform, supervisor: Supervisor
):  # fmt: skip
    """The gateway notices within ten seconds, and says so."""
    async with line_to(bus(platform.env, "gateway")) as line, supervisor.changed("gateway", NATS__URL=line.url):

        async def silent(load: Load) -> dict[str, float]:
            started = time.monotonic()
            line.block()
            await until(lambda: _unready(platform), 10)
            await asyncio.sleep(max(0.0, started + STALL - time.monotonic()))
            line.resume()
            return await good_again(load, time.monotonic(), GOOD_AGAIN)

        await under_load(silent)


def _unready(platform: Platform) -> bool:
    answer = httpx.get(f"http://127.0.0.1:{platform.home.port('internal-gateway')}/readyz", timeout=10)
    return answer.status_code == 503 and "message bus" in answer.text


async def test_stac_and_the_object_store_are_silent(
    under_load: UnderLoad, platform: Platform, supervisor: Supervisor
):  # fmt: skip
    """Who needs them waits in vain; all others are served as ever."""
    addresses = [platform.env[name] for name in ("FAIR_STAC_API_URL", "AWS_ENDPOINT_URL")]
    async with line_to(addresses[0]) as stac, line_to(addresses[1]) as store:

        async def silent(load: Load) -> dict[str, float]:
            started = time.monotonic()
            stac.block()
            store.block()
            async with Readers(platform) as readers:
                await asyncio.sleep(STALL)
            assert readers.slow() == [], len(readers.took)
            assert not load.bad(started)
            stac.resume()
            store.resume()
            return await good_again(load, time.monotonic(), GOOD_AGAIN)

        async with supervisor.changed("catalog", FAIR_STAC_API_URL=stac.url, AWS_ENDPOINT_URL=store.url):
            await under_load(silent)


async def test_a_database_is_away_while_datasets_are_built(under_load: UnderLoad, platform: Platform):
    async def away(load: Load) -> dict[str, float]:
        built = [await asyncio.to_thread(_build, platform) for _ in range(2)]
        await until(lambda: "building" in _statuses(platform, built), 30)
        async with database_away(platform.env, "catalog"):
            await asyncio.sleep(25)
        seconds = await good_again(load, time.monotonic(), DATABASE_AGAIN)
        await until(lambda: _statuses(platform, built) == ["built", "built"], 120, lambda: _statuses(platform, built))
        return seconds

    await under_load(away)


def _build(platform: Platform) -> rows.Dataset:
    with platform.client() as fairway:
        area = read_demo_area(platform.data)
        aoi = fairway.aois.create(area.train_areas()[1])
        return fairway.datasets.build(
            title="Built through an outage", description="Twice.", category="buildings", zoom=area.zoom,
            aoi_ids=[aoi.id],
            source_imagery=f"{tiles(platform.home)}/train/{{z}}/{{x}}/{{y}}.jpg", label_classes=LABELS,
            label_tasks=["semantic-segmentation"], keywords=KEYWORDS, geometry_type="polygon",
        )  # fmt: skip


def _statuses(platform: Platform, built: list[rows.Dataset]) -> list[str]:
    with platform.client() as fairway:
        return [fairway.datasets.get(one.id).status for one in built]
