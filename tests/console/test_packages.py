"""A package of an area that was given as numbers, from the form to the ZIP."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.console.page import Visitor

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
