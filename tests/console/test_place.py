"""The main job in the browser, from an area to files, once with the mouse and once by keyboard alone."""

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Download, Locator, Page, expect

from tests.console.conftest import Site
from tests.console.hands import LONG, Box, Hands, Keyboard, Mouse
from tests.console.page import WAIT, Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(2400)]
NAME = "Generated village"
TYPING = 40
"""Milliseconds between two keys."""
SOME_LABELS = re.compile(r"^[1-9]\d* labels$")


def training_box(site: Site) -> Box:
    [ring] = site.area.train_areas()[0]["coordinates"]
    lons, lats = [point[0] for point in ring], [point[1] for point in ring]
    return [min(lons), min(lats), max(lons), max(lats)]


async def choose_imagery(hands: Hands, visitor: Visitor, label: str, address: str) -> None:
    """The map goes where the imagery is, and shows it."""
    folder = address.split("{z}")[0]
    async with hands.page.expect_request(re.compile(re.escape(folder) + r".*\.jpg$")):
        await hands.fill(label, address)
        await hands.page.keyboard.press("Tab")
    async with httpx.AsyncClient() as client:
        west, south, east, north = (await client.get(f"{folder}tilejson.json", timeout=WAIT / 1000)).json()["bounds"]
    await visitor.is_at(((west + east) / 2, (south + north) / 2), within=1e-4)


async def build_a_dataset(hands: Hands, visitor: Visitor, site: Site) -> None:
    page = await visitor.go("place")
    await page.locator(".map[data-phase=ready]").wait_for()
    await hands.fill("Name of the place", NAME)
    await choose_imagery(hands, visitor, "Imagery", f"{site.imagery}/train/{{z}}/{{x}}/{{y}}.jpg")
    await hands.add_area(training_box(site))
    await page.get_by_text("Area 1:").wait_for()
    assert await visitor.serious_findings() == []
    await hands.press("On to the labels")
    await hands.press("Fetch from OpenStreetMap")
    await expect(page.locator("p strong").first).to_have_text(SOME_LABELS, timeout=LONG)
    assert await visitor.serious_findings() == []
    await visitor.picture(f"labels{hands.suffix}")
    await hands.press("On to the dataset")
    await hands.press("Build the dataset")
    await hands.press("On to the model")


async def make_a_model(hands: Hands, visitor: Visitor) -> None:
    page = visitor.page
    await expect(page.get_by_label("Base model").locator("option:checked")).to_have_text("rooftop-light · outlines")
    await hands.fill("Epochs", "3")
    await hands.press("Train")
    await page.get_by_role("img", name="Loss curves").wait_for(timeout=LONG)
    await expect(page.get_by_role("button", name="Publish the model")).to_be_enabled(timeout=LONG)
    await expect(page.get_by_role("img", name="How far confidences can be trusted")).to_be_visible()
    await expect(page.get_by_role("term").filter(has_text="Building IoU")).to_be_visible()
    await hands.press("Compare with earlier runs")
    await page.get_by_text("There is no earlier run on this dataset").wait_for()
    assert await visitor.serious_findings() == []
    await visitor.picture(f"training{hands.suffix}")
    await hands.press("Publish the model")


async def predict_and_check(hands: Hands, visitor: Visitor, site: Site) -> None:
    page = visitor.page
    await page.get_by_label("Imagery to map").wait_for(timeout=LONG)
    await choose_imagery(hands, visitor, "Imagery to map", f"{site.imagery}/predict/{{z}}/{{x}}/{{y}}.jpg")
    await hands.add_area(site.area.predict_box())
    await page.get_by_text("The area is chosen").wait_for()
    assert await visitor.serious_findings() == []
    await hands.press("Predict")
    await page.get_by_text("0 accepted, 0 rejected").wait_for(timeout=LONG)
    await page.get_by_role("link", name="geojson", exact=True).wait_for()
    await review(page)


async def review(page: Page) -> None:
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await page.get_by_text("1 accepted, 0 rejected").wait_for()
    await page.keyboard.press("r")
    await page.get_by_text("1 accepted, 1 rejected").wait_for()
    await page.keyboard.press("k")


async def text_of(download: Download, folder: Path) -> str:
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path.read_text()


async def main_job(hands: Hands, mapper: Visitor, site: Site, folder: Path) -> None:
    await build_a_dataset(hands, mapper, site)
    await make_a_model(hands, mapper)
    await predict_and_check(hands, mapper, site)
    async with mapper.page.expect_download() as download:
        await hands.press("OSM XML")
    assert "<way" in await text_of(await download.value, folder)


async def test_main_job_with_the_mouse(mapper: Visitor, site: Site, tmp_path: Path):
    """Without imagery: the pipelines would wait behind the map."""
    await mapper.without_imagery()
    await main_job(Mouse(mapper.page), mapper, site, tmp_path)


async def test_main_job_by_keyboard(mapper: Visitor, site: Site, tmp_path: Path):
    """On the village's imagery, for the pictures."""
    await main_job(Keyboard(mapper.page), mapper, site, tmp_path)


async def test_half_an_address_is_not_asked_for(mapper: Visitor, site: Site):
    """The map is where there would be tiles, while somebody writes."""
    await mapper.without_imagery()
    hands, page = Keyboard(mapper.page), await mapper.go("place")
    await page.locator(".map[data-phase=ready]").wait_for()
    await choose_imagery(hands, mapper, "Imagery", f"{site.imagery}/train/{{z}}/{{x}}/{{y}}.jpg")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await hands.reach(page.get_by_label("Imagery").first)
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type(f"{site.imagery}/predict/{{z}}/{{x}}/{{y}}.jpg", delay=TYPING)
    async with page.expect_request(re.compile(r"/predict/.*\.jpg$")):
        await page.keyboard.press("Tab")
    assert [url for url in asked if "/predict/" in url and not url.endswith((".jpg", ".json"))] == []


async def test_results_are_filtered_and_taken_away(mapper: Visitor, site: Site):
    page = await mapper.go(f"place/prediction/{site.prediction.id}")
    await page.get_by_text("0 accepted, 0 rejected").wait_for()
    await review(page)
    assert await mapper.serious_findings() == []
    await page.get_by_label("Show confidence from").fill("0.9")
    await expect(page.get_by_text("1 accepted, 1 rejected")).to_be_visible()
    geojson = page.get_by_role("link", name="geojson", exact=True)
    features = json.loads(await shown_beside(geojson))["features"]
    assert len(features) > 1
    await expect(geojson).to_be_visible()


async def shown_beside(link: Locator) -> str:
    """The text of a file that the browser shows, in a page of its own."""
    async with link.page.context.expect_page() as opened:
        await link.click()
    beside = await opened.value
    await beside.wait_for_load_state()
    text = await beside.locator("pre").inner_text()
    await beside.close()
    return text


async def test_area_that_is_too_large_is_refused_in_words(mapper: Visitor):
    mapper.expected = ("400",)
    page = await mapper.go("place")
    await page.locator(".map[data-phase=ready]").wait_for()
    await Mouse(page).add_area(())
    await expect(page.get_by_role("alert")).to_contain_text("Correct the fields named above")


async def test_labels_of_a_file_are_moved_onto_the_imagery(mapper: Visitor, site: Site, tmp_path: Path):
    await mapper.without_imagery()
    hands, box = Keyboard(mapper.page), training_box(site)
    page = await mapper.go("place")
    await page.locator(".map[data-phase=ready]").wait_for()
    await hands.fill("Name of the place", "Moved")
    await choose_imagery(hands, mapper, "Imagery", f"{site.imagery}/train/{{z}}/{{x}}/{{y}}.jpg")
    await hands.add_area(box)
    await hands.press("On to the labels")
    await page.get_by_label("Or from a GeoJSON file").set_input_files(houses(box, tmp_path))
    await page.get_by_text("2 labels").wait_for()
    for _ in range(4):
        await hands.press("Move labels east")
    await expect(page.get_by_label("East, m")).to_have_value("2")
    assert await mapper.serious_findings() == []
    await mapper.picture("alignment")
    await hands.press("On to the dataset")
    await hands.press("Build the dataset")
    await expect(page.get_by_role("button", name="On to the model")).to_be_visible(timeout=LONG)
    with site.client() as fairway:
        newest = fairway.transport.get("/datasets/", ordering="-id", limit=1)["results"][0]
    assert (newest["offset"], newest["outcome"]["labels"]["done"]) == ([2.0, 0.0], 2)


def houses(box: Box, folder: Path) -> Path:
    """Two squares in the middle of a box."""
    x, y, side = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1e-4
    rings = [[[a, y], [a + side, y], [a + side, y + side], [a, y + side], [a, y]] for a in (x, x + 3 * side)]
    features = [
        {"type": "Feature", "properties": {"building": "yes"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for ring in rings
    ]
    path = folder / "houses.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path
