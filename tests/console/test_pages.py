"""Every page as staff see it, on a phone: nothing hangs over its side, and axe finds nothing serious."""

import pytest

from tests.console.conftest import Site
from tests.console.page import WIDER, Visitor, fits_a_phone

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(600)]
PAGES = ("map", "place", "packages", "label", "dashboards", "dashboards/bus", "operate")


@pytest.mark.parametrize("path", PAGES)
async def test_page_fits_a_phone(phone: Visitor, path: str):
    await fits_a_phone(phone, path, path.replace("/", "-"))


async def test_result_fits_a_phone(phone: Visitor, site: Site):
    await phone.without_imagery()
    await phone.sign_in()
    page = await phone.go(f"place/prediction/{site.prediction.id}")
    await page.get_by_role("link", name="geojson", exact=True).wait_for()
    assert await page.evaluate(WIDER) <= 0
    assert await phone.serious_findings() == []
    await phone.picture("phone-result")
