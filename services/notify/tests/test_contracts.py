"""Every message this service hears is given to its real handler, as the committed example says it."""

import pytest
import pytest_asyncio

from kit.testing import Caller, feed
from notify.accounts import router as accounts
from notify.banners.handlers import router as banners
from notify.handlers import router
from notify.kpi.handlers import router as kpi
from notify.reactions import router as reactions
from notify.userstate.handlers import router as userstate
from notify.webhooks.handlers import router as webhooks

ROUTERS = (router, reactions, accounts, banners, userstate, webhooks, kpi)
ROUTES = [route for one in ROUTERS for route in one.routes if route.latency != "jobs"]


@pytest_asyncio.fixture(scope="session")
async def counted(running) -> None:
    """The numbers are answered from the first comparison with their owners on, who are not here."""
    async with running.db.raw() as connection:
        await connection.execute("update kpi set healed_at = now()")


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.message.ce_type())
async def test_example_is_handled(running, caller: Caller, route):
    await feed(running, caller, route)
