"""Every page as staff see it, on a phone: nothing hangs over its side, and axe finds nothing serious."""

import pytest
from playwright.async_api import expect

from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(300)]
PAGES = ("map", "place", "packages", "label", "dashboards", "dashboards/bus", "operate")
WIDER = "() => Math.max(...['html', 'main'].map((name) => document.querySelector(name).scrollWidth)) - innerWidth"


@pytest.mark.parametrize("path", PAGES)
async def test_page_fits_a_phone(phone: Visitor, path: str):
    await phone.sign_in()
    page = await phone.go(path)
    await page.get_by_role("heading", level=1).wait_for()
    await expect(page.locator(".busy")).to_have_count(0)
    assert await page.evaluate(WIDER) <= 0
    assert await phone.serious_findings() == []
    await phone.picture(f"phone-{path.replace('/', '-')}")


async def test_result_fits_a_phone(phone: Visitor, site: Site):
    await phone.without_imagery()
    await phone.sign_in()
    page = await phone.go(f"place/prediction/{site.prediction.id}")
    await page.get_by_role("link", name="geojson", exact=True).wait_for()
    assert await page.evaluate(WIDER) <= 0
    assert await phone.serious_findings() == []
    await phone.picture("phone-result")
