"""The main job in the browser, by keyboard: from an area to a prediction that is begun, and from a prediction to
checked results."""

import re
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(900)]
LONG = 400_000
"""Milliseconds for a stage of the job on a busy machine."""
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
HOSTILE = "Village <b onmouseover=alert(1)>"


def written(box: Sequence[float]) -> str:
    return ", ".join(f"{number:.7f}" for number in box)


def training_box(site: Site) -> list[float]:
    [ring] = site.area.train_areas()[0]["coordinates"]
    lons, lats = [point[0] for point in ring], [point[1] for point in ring]
    return [min(lons), min(lats), max(lons), max(lats)]


async def press(page: Page, name: str) -> None:
    """A button, by keyboard."""
    button = page.get_by_role("main").get_by_role("button", name=name, exact=True)
    await expect(button).to_be_enabled(timeout=LONG)
    await button.focus()
    await page.keyboard.press("Enter")


async def without_imagery(page: Page) -> None:
    """The sandbox paints its tiles one at a time, also for maps that are gone: the pipelines would wait behind them."""
    headers = {"content-type": "image/png", "access-control-allow-origin": "*"}
    await page.route("**/*.jpg", lambda route: route.fulfill(body=PIXEL, headers=headers))


async def add_box(page: Page, box: Sequence[float]) -> None:
    await page.get_by_label("Or as numbers").fill(written(box))
    await page.keyboard.press("Enter")


async def test_main_job(mapper: Visitor, site: Site):
    page = await mapper.go("place")
    await without_imagery(page)
    await page.locator(".map[data-phase=ready]").wait_for()
    await page.get_by_label("Name of the place").fill(HOSTILE)
    await page.get_by_label("Imagery").fill(f"{site.imagery}/train/{{z}}/{{x}}/{{y}}.jpg")
    await add_box(page, training_box(site))
    await page.get_by_text("Area 1:").wait_for()
    assert await mapper.serious_findings() == []
    await press(page, "On to the labels")
    await press(page, "Fetch from OpenStreetMap")
    await expect(page.get_by_text("labels", exact=False).filter(has_text="labels").first).to_be_visible()
    await expect(page.locator("p strong").first).not_to_have_text("0 labels", timeout=LONG)
    assert await mapper.serious_findings() == []
    await mapper.picture("labels")
    await press(page, "On to the dataset")
    await press(page, "Build the dataset")
    await press(page, "On to the model")
    await page.get_by_label("Epochs").fill("3")
    await press(page, "Train")
    await page.get_by_role("img", name="Loss curves").wait_for(timeout=LONG)
    await expect(page.get_by_role("button", name="Publish the model")).to_be_enabled(timeout=LONG)
    assert await mapper.serious_findings() == []
    await mapper.picture("training")
    await press(page, "Publish the model")
    await page.get_by_label("Imagery to map").fill(f"{site.imagery}/predict/{{z}}/{{x}}/{{y}}.jpg")
    await add_box(page, site.area.predict_box())
    await press(page, "Predict")
    await page.get_by_text(re.compile(r"^Prediction \d+")).wait_for(timeout=LONG)


async def test_results_are_checked_and_taken_away(mapper: Visitor, site: Site, tmp_path: Path):
    page = await mapper.go(f"place/prediction/{site.prediction.id}")
    await page.get_by_text("0 accepted, 0 rejected").wait_for()
    await review(page)
    assert await mapper.serious_findings() == []
    await page.get_by_label("Show confidence from").fill("0.9")
    await expect(page.get_by_text("1 accepted, 1 rejected")).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="OSM XML").click()
    saved = tmp_path / "result.osm"
    await (await download.value).save_as(saved)
    assert "<way" in saved.read_text()


async def review(page: Page) -> None:
    await page.locator("body").press("j")
    await page.keyboard.press("a")
    await page.get_by_text("1 accepted, 0 rejected").wait_for()
    await page.keyboard.press("r")
    await page.get_by_text("1 accepted, 1 rejected").wait_for()
    await page.keyboard.press("k")


async def test_area_is_drawn_with_the_mouse(mapper: Visitor):
    """From so far away that it is too large, which the page says."""
    mapper.expected = ("400",)
    page = await mapper.go("place")
    await page.locator(".map[data-phase=ready]").wait_for()
    await page.get_by_role("button", name="Rectangle").click()
    box = await page.locator(".map").bounding_box()
    assert box
    await page.mouse.click(box["x"] + 300, box["y"] + 200)
    await page.mouse.move(box["x"] + 305, box["y"] + 204, steps=3)
    await page.mouse.click(box["x"] + 305, box["y"] + 204)
    await expect(page.get_by_role("alert")).to_contain_text("Correct the fields named above")
