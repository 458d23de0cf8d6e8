"""Every message that the gateway hears, by its committed example, through the real handler."""

import pytest

from gateway.auth import handlers as auth
from gateway.auth import links
from gateway.dead_letters import handlers as dead_letters
from kit.testing import ADMIN, feed

ROUTES = [route for room in (auth, links, dead_letters) for route in room.router.routes]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.message.ce_type())
async def test_example_is_handled(running, caller, route):
    await feed(running, caller, route, ADMIN)
