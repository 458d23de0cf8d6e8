"""The hooks of the chart, and what the users of the bus may not do."""

from collections.abc import Callable

import nats
import pytest

from contracts.streams import STREAMS
from kit.testing import Caller, eventually
from tests.chart.rendering import ROOMS
from tests.containers.pods import Pod
from tests.containers.servers import Servers

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]


async def test_the_hooks_have_made_every_stream(pods: dict[str, Pod], caller: Caller) -> None:
    assert {one.config.name for one in await caller.bus.js.streams_info()} >= {stream.name for stream in STREAMS}


@pytest.mark.parametrize("room", ROOMS)
async def test_hooks_run_again_beside_services_at_work(
    pods: dict[str, Pod], pod: Callable[[str], Pod], caller: Caller, room: str
) -> None:
    before = {one.name: one.config for one in await caller.bus.js.consumers_info("COMMANDS")}
    pod(f"{room}-migrate").run()
    assert {one.name: one.config for one in await caller.bus.js.consumers_info("COMMANDS")} == before
    assert pods[room].is_ready()


@pytest.mark.parametrize("room", ROOMS)
async def test_a_service_may_not_do_what_is_not_its_own(pods: dict[str, Pod], servers: Servers, room: str) -> None:
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error).lower())

    foreign = "$JS.API.STREAM.DELETE.EVENTS" if room == "gateway" else "evt.gateway.v1.user_changed"
    connection = await nats.connect(servers.bus(room, inside=False), error_cb=note)
    await connection.publish(foreign, b"{}")
    await connection.flush()
    await eventually(lambda: any("permissions violation" in error for error in refused), 10)
    await connection.close()
