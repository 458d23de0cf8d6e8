"""Every message this service hears is given to its real handler, as the committed example says it."""

import pytest
import pytest_asyncio

from kit.delivered_examples import deliver_example
from kit.testing import Caller
from notify.banners.handlers import router as banners
from notify.kpi.handlers import router as kpi
from notify.mails.handlers import router as mails
from notify.notifications.event_handlers import router as events
from notify.notifications.handlers import router as notifications
from notify.projections.handlers import router as projections
from notify.user_state.handlers import router as user_state
from notify.webhooks.handlers import router as webhooks

ROUTERS = (notifications, events, mails, banners, user_state, webhooks, kpi, projections)
ROUTES = [route for one in ROUTERS for route in one.routes if route.group != "interactive"]


@pytest_asyncio.fixture(scope="session")
async def counted(running) -> None:
    """The numbers are answered from the first comparison with their owners on, who are not here."""
    async with running.db.raw() as connection:
        await connection.execute("update kpi set healed_at = now()")


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.message.ce_type())
async def test_example_is_handled(running, caller: Caller, route):
    await deliver_example(running, caller, route)
