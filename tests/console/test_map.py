"""The map of what is open to all, at a desk and on a phone."""

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(600)]
HOSTILE = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'


async def drawn(page: Page) -> None:
    await page.locator(".map[data-phase=ready]").wait_for()


async def test_entries_are_found_by_words_and_kind(visitor: Visitor):
    page = await visitor.open()
    await drawn(page)
    entries = page.get_by_role("main").get_by_role("listitem")
    await entries.first.wait_for()
    before = await entries.count()
    await page.get_by_role("searchbox").fill("prediction")
    assert 0 < await entries.count() < before
    await page.get_by_role("checkbox", name="Predictions").uncheck()
    await page.get_by_text("Nothing has all these words").wait_for()
    await page.get_by_role("checkbox", name="Predictions").check()
    assert await visitor.serious_findings() == []
    await page.get_by_role("searchbox").fill("")
    await visitor.picture("map")


async def test_card_shows_lineage_and_the_buildings(visitor: Visitor, site: Site):
    page = await visitor.open(f"map/prediction/{site.prediction.id}")
    await drawn(page)
    await page.get_by_role("heading", name="Lineage").wait_for()
    kinds = await page.locator("ol li small").all_inner_texts()
    assert kinds == ["Dataset", "Base model", "Training", "Model", "Prediction"]
    async with page.expect_response(lambda one: "/predict/" in one.url and one.url.endswith(".jpg"), timeout=90_000):
        await page.get_by_role("button", name="Zoom in").click()
    assert await visitor.serious_findings() == []
    await page.wait_for_load_state("networkidle")
    await visitor.picture("prediction")


async def test_hostile_words_stay_words(visitor: Visitor, site: Site):
    with site.client() as fairway:
        before = fairway.transport.get(f"/predictions/{site.prediction.id}/")["description"]
        fairway.transport.write("PATCH", f"/predictions/{site.prediction.id}/", {"description": HOSTILE})
        try:
            page = await visitor.open(f"map/prediction/{site.prediction.id}")
            await expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
            await page.get_by_role("heading", name="Lineage").wait_for()
            assert await page.evaluate("() => window.hurt") is None
        finally:
            fairway.transport.write("PATCH", f"/predictions/{site.prediction.id}/", {"description": before})


async def test_map_fits_a_phone(phone: Visitor, site: Site):
    page = await phone.open()
    await drawn(page)
    await page.get_by_role("main").get_by_role("listitem").first.wait_for()
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert await phone.serious_findings() == []
    await phone.picture("map-phone")
