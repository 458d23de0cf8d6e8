"""Every message that the catalog hears, by its committed example, through the real handler."""

import pytest

from catalog.aoi_labels import handlers as labels
from catalog.areas import handlers as areas
from catalog.categories import handlers as categories
from catalog.curation import handlers as curation
from catalog.datasets import handlers as datasets
from catalog.files import handlers as files
from catalog.models import handlers as models
from catalog.ownership import handlers as owned
from catalog.projections import handlers as projections
from catalog.stars import handlers as stars
from kit.app import JOB_GROUPS
from kit.delivered_examples import deliver_example
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.messaging.router import Route
from kit.testing import ADMIN, MAPPER, Caller, example

ROUTERS = (projections, categories, areas, datasets, labels, models, curation, owned, stars, files)
ROUTES = [route for room in ROUTERS for route in room.router.routes]


def named(route: Route) -> str:
    return route.message.ce_type()


@pytest.fixture(scope="session")
async def base_model(running) -> None:
    """The one that the example of a training names."""
    async with running.db.raw() as connection:
        await connection.execute(
            "insert into base_models (name, category, stac_item_id, status, visibility, user_id, item)"
            " values ('rooftop-light', 'other', 'rooftop-light', 'active', 'public', 1, '{}')"
        )


@pytest.mark.parametrize("route", [r for r in ROUTES if r.group not in JOB_GROUPS], ids=named)
async def test_example_is_handled(running, caller: Caller, base_model, training, route):
    await deliver_example(running, caller, route, ADMIN)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.group in JOB_GROUPS], ids=named)
async def test_job_for_an_unknown_row_ends_at_once(running, route):
    message = example(route.message)
    envelope = opened(message.model_dump_json().encode(), headers_of(message, "catalog", MAPPER, new_id()))
    context = JobContext(envelope, running.db, running.bus, running.relay, "catalog", 1)
    unknown = message.model_copy(update={"model_id": 0, "dataset_id": 0, "aoi_id": 0})
    await route.bound(running.provides).handler(unknown, context)
