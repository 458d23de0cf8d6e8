"""Every message that the service hears, by its committed example, through the real handler."""

import pytest

from kit.delivered_examples import deliver_example
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.testing import MAPPER, Caller, example
from prediction.main import ROUTERS, build_worker

ROUTES = [route for router in ROUTERS for route in router.routes]


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.group != "interactive"], ids=lambda route: route.message.ce_type()
)
async def test_example_is_handled(running, caller: Caller, route):
    await deliver_example(running, caller, route)


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.group == "interactive"], ids=lambda route: route.message.ce_type()
)
async def test_job_for_an_unknown_row_ends_at_once(running, settings, route):
    message = example(route.message).model_copy(update={"prediction_id": 10**9})
    envelope = opened(message.model_dump_json().encode(), headers_of(message, "prediction", MAPPER, new_id()))
    context = JobContext(envelope, running.db, running.bus, running.relay, "prediction", 1)
    await route.bound(build_worker(settings).provides).handler(message, context)
