"""Labelling by two people, the second of whom reviews."""

from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(400)]
LIMIT = 180
IMAGES = 5


def campaign(site: Site, folder: Path) -> tuple[int, str, str]:
    """Number, key and secret of an active campaign with images that differ."""
    title = f"t-{uuid4().hex[:12]}"
    paths = [folder / f"{number}.png" for number in range(IMAGES)]
    for number, path in enumerate(paths):
        Image.effect_noise((64, 48), 30 + 30 * number).save(path)
    with site.client() as admin:
        made = admin.image_sets.create(title)
        admin.image_sets.upload(made.upload or {}, paths)
        admin.image_sets.finish(made.imageset_id)
        admin.image_sets.wait(made.imageset_id, LIMIT)
        images = [image.image_id for image in admin.image_sets.images(made.imageset_id)]
        row = admin.campaigns.create(title, f"{uuid4().hex[:12]}@labels.example", uses_leases=True, review=True)
        admin.campaigns.add_images(row.campaign_id, images)
        admin.campaigns.set_status(row.campaign_id, "active")
    token = row.access_token or {}
    return row.campaign_id, token["apikey"] or "", token["apisecret"] or ""


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
    number, key, secret = campaign(site, tmp_path)
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
