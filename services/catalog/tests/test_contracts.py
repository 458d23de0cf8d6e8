"""Every message that the catalog hears, by its committed example, through the real handler."""

import pytest

from catalog import events
from catalog.areas import handlers as areas
from catalog.curation import handlers as curation
from catalog.datasets import handlers as datasets
from catalog.files import handlers as files
from catalog.labels import handlers as labels
from catalog.models import handlers as models
from catalog.owned import handlers as owned
from catalog.stars import handlers as stars
from kit.jobs import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.testing import ADMIN, MAPPER, Caller, example, feed

ROUTERS = (events, areas, datasets, labels, models, curation, owned, stars, files)
ROUTES = [route for room in ROUTERS for route in room.router.routes]


@pytest.fixture(scope="session")
async def base_model(running) -> None:
    """The one that the example of a training names."""
    async with running.db.raw() as connection:
        await connection.execute(
            "insert into base_models (name, category, stac_item_id, status, visibility, user_id, item)"
            " values ('rooftop-light', 'other', 'rooftop-light', 'active', 'public', 1, '{}')"
        )


@pytest.mark.parametrize("route", [r for r in ROUTES if r.latency != "jobs"], ids=lambda route: route.message.ce_type())
async def test_example_is_handled(running, caller: Caller, base_model, training, route):
    await feed(running, caller, route, ADMIN)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.latency == "jobs"], ids=lambda route: route.message.ce_type())
async def test_job_for_an_unknown_row_ends_at_once(running, route):
    message = example(route.message)
    envelope = opened(message.model_dump_json().encode(), headers_of(message, "catalog", MAPPER, new_id()))
    context = JobContext(envelope, running.db, running.bus, running.relay, "catalog", 1)
    unknown = message.model_copy(update={"model_id": 0, "dataset_id": 0, "aoi_id": 0})
    await route.bound(running.provides).handler(unknown, context)
