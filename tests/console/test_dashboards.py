"""The shipped dashboards are there at once, with curves that go on."""

import pytest
from playwright.async_api import expect

from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(180)]


async def test_shipped_dashboard_shows_curves(mapper: Visitor):
    page = await mapper.go("dashboards")
    for name in ("workers", "training", "platform-overview"):
        await page.get_by_role("link", name=name).wait_for()
    await page.get_by_role("link", name="bus", exact=True).press("Enter")
    await page.locator("canvas").first.wait_for()
    async with page.expect_response(lambda response: response.url.endswith("/channels/curves") and response.ok):
        await page.get_by_label("Window").select_option("6 h")
    assert await mapper.serious_findings() == []
    await mapper.picture("dashboard")


async def test_unknown_dashboard_says_so(mapper: Visitor):
    mapper.expected = ("404",)
    page = await mapper.go("dashboards/nothing-of-this-name")
    await expect(page.get_by_role("alert").first).to_contain_text("It may have been deleted")
