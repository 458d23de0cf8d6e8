"""A package of an area that was given as numbers, from the form to the ZIP."""

import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.async_api import Page

from tests.console.page import Visitor
from tests.e2e.package_sources import SAMPLE, STORM

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(300)]
HOSTILE = "Ward <script>alert(1)</script>"
LONG = 120_000


async def test_package_of_an_own_area(mapper: Visitor, tmp_path: Path):
    page = await mapper.go("packages")
    await page.get_by_label("Or as numbers").fill("34.90, -3.41, 34.91, -3.40")
    await page.keyboard.press("Enter")
    await page.get_by_text("The area is chosen").wait_for()
    await page.get_by_label("Title of the package").fill(HOSTILE)
    await page.locator("input[value='test_processor.version_1']").check()
    assert await mapper.serious_findings() == []
    await page.get_by_role("button", name="Make the package").press("Enter")
    await page.get_by_role("heading", name=HOSTILE).wait_for()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download as ZIP").click(timeout=LONG)
    saved = tmp_path / "package.zip"
    await (await download.value).save_as(saved)
    assert any("test_processor" in name for name in ZipFile(saved).namelist())
    await mapper.picture("package")


async def make(visitor: Visitor, box: str, processor: str) -> Page:
    page = await visitor.go("packages")
    await page.get_by_label("Or as numbers").fill(box)
    await page.keyboard.press("Enter")
    await page.locator(f"input[value='{processor}']").check()
    await page.get_by_label("Vectors as").select_option("PMTiles")
    await page.get_by_role("button", name="Make the package").press("Enter")
    await page.get_by_role("heading", name="Files").wait_for(timeout=LONG)
    return page


async def test_raster_is_looked_at(mapper: Visitor):
    page = await make(mapper, "22, -18, 33, -8", STORM)
    await page.get_by_role("button", name=re.compile(r"Show on the map: .*\.tif")).first.press("Enter")
    await page.get_by_text("The map shows").wait_for()
    assert await mapper.serious_findings() == []
    await mapper.picture("package-raster")


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the shared sample of sources lies not beside the repository")
async def test_vectors_are_looked_at(mapper: Visitor):
    page = await make(mapper, "-16.8, 13.1, -13.8, 13.8", "gridfinder.version_1")
    await page.get_by_role("button", name=re.compile(r"Show on the map: .*\.pmtiles")).first.press("Enter")
    await page.get_by_text("The map shows").wait_for()
    await mapper.picture("package-vectors")
