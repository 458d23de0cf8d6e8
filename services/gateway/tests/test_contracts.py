"""Every message that the gateway hears, by its committed example, through the real handler."""

import pytest

from gateway.identity import handlers as identity
from gateway.operations.dead_letters import handlers as dead_letters
from kit.delivered_examples import deliver_example
from kit.testing import ADMIN

ROUTES = [route for room in (identity, dead_letters) for route in room.router.routes]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.message.ce_type())
async def test_example_is_handled(running, caller, route):
    await deliver_example(running, caller, route, ADMIN)
