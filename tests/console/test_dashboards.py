"""The shipped dashboards are there at once, with curves that go on; own ones have versions, notes and links."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, Route, expect

from tests.console.boards import dashboard
from tests.console.conftest import Site
from tests.console.page import WAIT, Visitor, fits_a_phone

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(1800)]


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


async def note(mapper: Visitor, site: Site, words: str) -> Page:
    """Notes that something happens now, on a dashboard of one's own."""
    page = await mapper.go(f"dashboards/{own_dashboard(site)}")
    await page.get_by_text("What happened meanwhile").click()
    await page.get_by_label("Note something that happens now").fill(words)
    await page.keyboard.press("Enter")
    return page


async def test_note_is_kept(mapper: Visitor, site: Site):
    words = f"New imagery {uuid4()}"
    page = await note(mapper, site, words)
    await page.get_by_role("listitem").filter(has_text=words).wait_for()
    await mapper.picture("annotations")


async def test_note_is_deleted(mapper: Visitor, site: Site):
    words = f"Mistaken {uuid4()}"
    page = await note(mapper, site, words)
    await page.get_by_role("button", name=f"Delete the note: {words}").press("Enter")
    await expect(page.get_by_role("listitem").filter(has_text=words)).to_have_count(0)


async def test_dashboard_is_made_and_edited(mapper: Visitor, phone: Visitor):
    page = await mapper.go("dashboards")
    title = f"Backlogs {uuid4().hex[:6]}"
    await page.get_by_text("New dashboard").press("Enter")
    await page.get_by_label("Title of the dashboard").fill(title)
    await page.keyboard.press("Enter")
    await page.get_by_text("No panel yet").wait_for()
    await add_panel(page, "Trainings", "JOBS/training-jobs-v1/pending")
    await page.get_by_text("The changes are not saved yet").wait_for()
    await page.locator("canvas").first.wait_for()
    assert await mapper.serious_findings() == []
    await mapper.picture("dashboard-editor")
    await page.get_by_label("What was changed").fill("One panel")
    await page.get_by_role("button", name="Save a version").press("Enter")
    await page.get_by_text("Saved as a new version").wait_for()
    await fits_a_phone(phone, page.url.split("#/")[1], "dashboard-editor")
    await page.get_by_role("link", name="Close the editor").press("Enter")
    await page.get_by_role("heading", name="Trainings").wait_for()
    await page.get_by_role("button", name="Versions").press("Enter")
    await page.get_by_role("cell", name="One panel").wait_for()
    await expect(page.get_by_role("link", name=title)).to_have_attribute("aria-current", "page")


async def add_panel(page: Page, title: str, channel: str) -> None:
    await page.get_by_label("Part of a channel's name").fill(channel)
    await page.keyboard.press("Enter")
    await page.get_by_role("checkbox", name=channel).first.check()
    await page.get_by_label("Title of the panel").fill(title)
    await page.get_by_role("button", name="Add the panel").press("Enter")


async def test_work_of_others_is_not_overwritten(mapper: Visitor, site: Site):
    name = own_dashboard(site)
    page = await mapper.go(f"dashboards/{name}")
    await page.get_by_role("link", name="Edit").press("Enter")
    await page.get_by_role("button", name="Take away the panel Second").press("Enter")
    with site.client() as other:
        other.transport.write("PATCH", f"/dashboard/{name}", titled("Third"))
    mapper.expected = ("412",)
    await page.get_by_role("button", name="Save a version").press("Enter")
    await expect(page.get_by_role("alert").first).to_contain_text("Somebody else saved meanwhile")
    await page.get_by_role("button", name="Try again").press("Enter")
    await page.get_by_role("button", name="Take away the panel Third").wait_for()


async def test_channel_that_does_not_exist_is_not_found(mapper: Visitor, site: Site):
    page = await mapper.go(f"dashboards/{own_dashboard(site)}/edit")
    await page.get_by_label("Part of a channel's name").fill("nothing(of this name")
    await page.keyboard.press("Enter")
    await page.get_by_text("No channel has this in its name").wait_for()


async def test_shipped_dashboard_is_not_edited(mapper: Visitor):
    page = await mapper.go("dashboards/bus")
    await page.locator("canvas").first.wait_for()
    await expect(page.get_by_role("link", name="Edit")).to_have_count(0)


async def test_link_is_made_while_the_list_is_on_its_way(mapper: Visitor, site: Site):
    sent = asyncio.Event()

    async def answer(route: Route) -> None:
        if route.request.method == "POST":
            sent.set()
        else:
            await asyncio.wait_for(sent.wait(), WAIT / 1000)
        await route.continue_()

    page = await mapper.go(f"dashboards/{own_dashboard(site)}")
    await page.route("**/links", answer)
    await page.get_by_role("button", name="Share by a link").press("Enter")
    await page.get_by_label("Note, such as for whom").fill("In a hurry")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Whoever has this address")).to_be_visible()


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
