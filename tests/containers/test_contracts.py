"""Contracts of each service, seen from outside: its image hears every message by the committed example, and answers."""

from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

import pytest
from nats.js.api import RawStreamMsg

from contracts import headers as h
from contracts.base import REGISTRY
from contracts.streams import DEAD, EVENTS, Stream, durable
from kit.app import JOB_GROUPS
from kit.delivered_examples import deliver_example
from kit.errors import Unavailable
from kit.messaging.router import Route
from kit.testing import ADMIN, Caller, eventually, example
from tests.chart.rendering import ROOMS
from tests.containers.conftest import Remote
from tests.contracts.rooms import services

pytestmark = [pytest.mark.live, pytest.mark.timeout(2400)]
HEARD = [(room, route) for room in ROOMS for route in services()[room].routes]


def named(value: object) -> str:
    return value.message.ce_type() if isinstance(value, Route) else str(value)


@pytest.mark.parametrize(("room", "route"), [(r, one) for r, one in HEARD if one.group not in JOB_GROUPS], ids=named)
async def test_example_is_handled(remote: dict[str, Remote], caller: Caller, room: str, route: Route) -> None:
    with suppress(Unavailable):  # servers of others, such as OpenStreetMap's, are not here
        await deliver_example(remote[room], caller, route, ADMIN)  # type: ignore[arg-type]


@pytest.mark.parametrize(("room", "route"), [(r, one) for r, one in HEARD if one.group in JOB_GROUPS], ids=named)
async def test_job_is_taken_by_the_worker(remote: dict[str, Remote], caller: Caller, room: str, route: Route) -> None:
    """Jobs of the examples before are on their way too, and may fail: the imagery that they name is at no address."""
    message_id = await caller.publish(example(route.message), ADMIN)

    async def settled() -> bool:
        info = await caller.bus.js.consumer_info("JOBS", durable(room, route.group))
        return info.num_pending == 0 and info.num_ack_pending == 0

    await eventually(settled, 90)
    assert await _reasons(caller, message_id) == []


async def test_what_commands_cause_is_on_the_stream_as_the_contracts_have_it(
    remote: dict[str, Remote], caller: Caller
) -> None:
    """After the examples: each event fits its contract, comes from its owner and has an id of its own."""
    found = [one async for one in _stored(caller, EVENTS)]
    for one in found:
        message = REGISTRY[one.headers[h.TYPE]]
        message.model_validate_json(one.data)
        assert (one.subject, one.headers[h.SOURCE]) == (message.subject(), f"/services/{message.owner()}")
        assert one.headers["Nats-Msg-Id"] == one.headers[h.ID]
    assert [one for one in found if h.CORRELATION in one.headers], "some follow from what was sent"


async def _stored(caller: Caller, stream: Stream) -> AsyncIterator[RawStreamMsg]:
    state = (await caller.bus.js.stream_info(stream.name)).state
    for number in range(max(state.first_seq, 1), state.last_seq + 1):  # an empty stream begins and ends with 0
        yield await caller.bus.js.get_msg(stream.name, number)


async def _reasons(caller: Caller, message_id: UUID) -> list[str | None]:
    """Why a message is a dead letter; empty when it is none."""
    found = [one.headers or {} async for one in _stored(caller, DEAD)]
    return [headers.get(h.REASON) for headers in found if headers[h.ID] == str(message_id)]
