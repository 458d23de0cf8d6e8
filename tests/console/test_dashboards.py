"""The shipped dashboards are there at once, with curves that go on; own ones have versions, notes and links."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.console.boards import dashboard
from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(600)]


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


def titled(title: str) -> dict[str, Any]:
    return dashboard(title, "queues", "JOBS/training-jobs-v1/pending")


def own_dashboard(site: Site) -> str:
    """One with two versions."""
    with site.client() as fairway:
        name: str = fairway.transport.write("POST", "/dashboard/", titled("First"))["id"]
        fairway.transport.write("PATCH", f"/dashboard/{name}", titled("Second"))
    return name


async def test_older_version_is_looked_at_and_restored(mapper: Visitor, site: Site):
    page = await mapper.go(f"dashboards/{own_dashboard(site)}")
    await page.get_by_role("heading", name="Second").wait_for()
    await page.get_by_role("button", name="Versions").press("Enter")
    await page.get_by_role("button", name="Look at it: version 1").press("Enter")
    await page.get_by_role("heading", name="First").wait_for()
    await page.get_by_role("button", name="Back to the current version").press("Enter")
    await page.get_by_role("heading", name="Second").wait_for()
    assert await mapper.serious_findings() == []
    await page.get_by_role("button", name="Restore version 1").press("Enter")
    await page.get_by_role("heading", name="First").wait_for()
    await expect(page.get_by_role("row").filter(has_text="current")).to_contain_text("3")


async def test_note_is_kept(mapper: Visitor, site: Site):
    words = f"New imagery {uuid4()}"
    page = await mapper.go(f"dashboards/{own_dashboard(site)}")
    await page.get_by_text("What happened meanwhile").click()
    await page.get_by_label("Note something that happens now").fill(words)
    await page.keyboard.press("Enter")
    await page.get_by_role("listitem").filter(has_text=words).wait_for()
    await mapper.picture("annotations")


async def test_link_shows_a_dashboard_without_a_login(mapper: Visitor, phone: Visitor, site: Site):
    page = await mapper.go(f"dashboards/{own_dashboard(site)}")
    await page.get_by_role("button", name="Share by a link").press("Enter")
    await page.get_by_label("Note, such as for whom").fill("For the report")
    await page.keyboard.press("Enter")
    address = await page.get_by_label("Whoever has this address").input_value()
    await phone.page.goto(address)
    await phone.page.get_by_role("heading", name="Second").wait_for()
    await phone.page.locator("canvas").first.wait_for()
    assert await phone.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    await phone.picture("dashboard-phone")
    await page.get_by_role("button", name="Delete the link For the report").press("Enter")
    await expect(page.get_by_role("button", name="Delete the link For the report")).to_have_count(0)
    phone.expected = ("404",)
    await phone.page.reload()
    await phone.page.get_by_role("alert").first.wait_for()
