"""Labelling by two people, the second of whom reviews; what becomes of labels."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.console.campaigns import add_labeller, campaign, label_all, review
from tests.console.conftest import Site
from tests.console.page import Visitor, fits_a_phone

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(1200)]
IMAGES = 5


async def draw_box(page: Page) -> None:
    surface = await page.locator("svg.drawing").bounding_box()
    assert surface
    await page.mouse.move(surface["x"] + 40, surface["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(surface["x"] + 200, surface["y"] + 160, steps=3)
    await page.mouse.up()


async def label_one(page: Page, number: int) -> None:
    await page.locator("svg.drawing").wait_for()
    await expect(page.get_by_role("heading", name="Objects: 0")).to_be_visible()
    if number == 0:
        await draw_box(page)
        await page.keyboard.press("u")
        await expect(page.get_by_role("heading", name="Objects: 0")).to_be_visible()
        await draw_box(page)
    else:
        await page.get_by_label("Box by numbers").fill("4, 6, 20, 16")
        await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Objects: 1")).to_be_visible()


async def test_two_people_label_and_review(visitor: Visitor, site: Site, tmp_path: Path):
    number, (key, secret) = campaign(site, tmp_path, IMAGES)
    page = await visitor.open("label")
    await page.get_by_label("Number of the campaign").fill(str(number))
    await page.get_by_label("Key").fill(key)
    await page.get_by_label("Secret").fill(secret)
    await page.get_by_role("button", name="Start labelling").press("Enter")
    for done in range(IMAGES):
        await label_one(page, done)
        if done == 0:
            assert await visitor.serious_findings() == []
            await visitor.picture("labelling")
        await page.locator("h1").click()
        await page.keyboard.press("s")
    await page.get_by_text("No image is waiting for you").wait_for()
    await visitor.sign_in()
    await visitor.go("label")
    await page.get_by_role("heading", name="Campaigns").wait_for()
    await visitor.go(f"label/review/{number}")
    await page.get_by_text(f"{IMAGES} to review").wait_for()
    assert await visitor.serious_findings() == []
    for left in range(IMAGES, 0, -1):
        await page.get_by_text(f"{left} to review").wait_for()
        await page.locator("h1").click()
        await page.keyboard.press("a")
    await page.get_by_text("Nothing waits for review").wait_for()
    with site.client() as admin:
        assert admin.campaigns.get(number).status == "completed"


async def test_agreement_of_two_labellers(mapper: Visitor, site: Site, tmp_path: Path):
    number, keys = campaign(site, tmp_path, 1, review=False, overlap=2)
    for pair in (keys, add_labeller(site, number)):
        label_all(site, number, pair)
    page = await mapper.go("label")
    await page.get_by_role("link", name=f"Agreement in campaign {number}", exact=True).press("Enter")
    await page.get_by_text("The labellers agree to 100 %; 0 images are disputed").wait_for()
    await expect(page.get_by_role("cell", name="precision 100 %, recall 100 % on 1 images")).to_have_count(2)
    assert await mapper.serious_findings() == []
    await mapper.picture("agreement")


async def test_versions_of_labels_differ(mapper: Visitor, site: Site, tmp_path: Path):
    first, second = (labelled(site, tmp_path, images) for images in (1, 2))
    title = f"t-{uuid4().hex[:12]}"
    page = await mapper.go("label")
    for version, campaigns in ((1, f"{first}"), (2, f"{first}, {second}")):
        await page.get_by_label("Title").fill(title)
        await page.get_by_label("Numbers of campaigns").fill(campaigns)
        await page.get_by_role("button", name="Freeze a version").press("Enter")
        row = page.get_by_role("row").filter(has_text=f"{title} version {version}")
        await expect(row).to_contain_text("done")
    versions = [await one.inner_text() for one in await page.get_by_label("Older version").locator("option").all()]
    newest, oldest = (name for name in versions if title in name)
    await page.get_by_label("Older version").select_option(oldest)
    await page.get_by_label("Newer version").select_option(newest)
    await page.get_by_role("button", name="Compare").press("Enter")
    difference = page.get_by_role("status").filter(has_text="Added")
    await expect(difference).to_have_text(re.compile(r"Added\s*2 images.*Removed\s*0 images", re.DOTALL))
    assert await mapper.serious_findings() == []
    await mapper.picture("label-datasets")


async def test_people_of_a_campaign(mapper: Visitor, phone: Visitor, site: Site, tmp_path: Path):
    number, _ = campaign(site, tmp_path, 1)
    email = f"{uuid4().hex[:12]}@labels.example"
    page = await mapper.go("label")
    await page.get_by_role("link", name=f"People of campaign {number}", exact=True).press("Enter")
    await add_person(page, email, "reviewer")
    await page.get_by_role("status").filter(has_text=f"{email} is reviewer now").wait_for()
    assert await roles_of(site, email) == [("reviewer", number)]
    await expect(page.get_by_label("Secret")).not_to_have_value("")
    assert await mapper.serious_findings() == []
    await mapper.picture("members")
    await page.get_by_role("button", name=f"Make labeller: {email}").press("Enter")
    await page.get_by_role("status").filter(has_text=f"{email} is labeller now").wait_for()
    assert await roles_of(site, email) == [("labeler", number)]
    mapper.expected = ("409",)
    await add_person(page, email, "labeller")
    await expect(page.get_by_role("alert")).to_contain_text("has this role already")
    await page.get_by_role("button", name=f"Remove: {email} as labeller").press("Enter")
    await page.get_by_role("status").filter(has_text=f"{email} was removed").wait_for()
    assert await roles_of(site, email) == []
    await page.get_by_role("button", name="Remove: ").first.press("Enter")
    await page.get_by_text("Nobody works in this campaign yet").wait_for()
    await add_person(page, email, "reviewer")
    await page.get_by_role("cell", name=email, exact=True).wait_for()
    await fits_a_phone(phone, f"label/people/{number}", "members")


async def add_person(page: Page, email: str, role: str) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Role").select_option(role)
    await page.get_by_role("button", name="Add the person").press("Enter")


async def roles_of(site: Site, email: str) -> list[tuple[str, int]]:
    with site.client() as admin:
        [person] = admin.transport.get("/label_users", email=email)["users"]
    return [(role["role"], role["subject_id"]) for role in person["roles"]]


async def test_people_of_no_campaign(mapper: Visitor):
    mapper.expected = ("404",)
    page = await mapper.go("label/people/999999999")
    await expect(page.get_by_role("alert")).to_contain_text("It may have been deleted")
    await expect(page.get_by_role("button", name="Add the person")).to_have_count(0)


def labelled(site: Site, folder: Path, images: int) -> int:
    """The number of a campaign whose images have been labelled and accepted, and which is over."""
    number, keys = campaign(site, folder, images)
    review(site, number, label_all(site, number, keys))
    with site.client() as admin:
        admin.campaigns.set_status(number, "finished")
    return number
