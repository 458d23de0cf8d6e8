"""The map of what is open to all, at a desk and on a phone."""

import json

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Site
from tests.console.page import Visitor
from tests.e2e.package_sources import boundaries

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(1800)]
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


async def test_model_says_what_it_answers_and_how_sure_it_is(visitor: Visitor, site: Site):
    page = await visitor.open(f"map/prediction/{site.prediction.id}")
    await drawn(page)
    await page.locator("ol li a").first.click()
    await expect(page.get_by_role("term").filter(has_text="It answers")).to_be_visible()
    await expect(page.get_by_role("definition").first).to_have_text("outlines")
    plot = page.get_by_role("img", name="How far confidences can be trusted")
    assert "are right" in (await plot.get_attribute("aria-label") or "")
    await plot.scroll_into_view_if_needed()
    assert await visitor.serious_findings() == []
    await visitor.picture("model")


@pytest.fixture(scope="module")
def zambia(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Among the boundaries."""
    file = tmp_path_factory.mktemp("boundaries") / "two.geojson"
    file.write_text(json.dumps(boundaries()))
    with site.client() as admin:
        if not admin.boundaries.search("Zambia"):
            admin.boundaries.import_file(file)


async def test_place_is_found_by_its_name(visitor: Visitor, zambia: None):
    page = await visitor.open()
    await drawn(page)
    await page.get_by_role("searchbox").fill("zamb")
    places = page.get_by_role("group", name="Places")
    await places.get_by_role("button", name="Zambia").press("Enter")
    await visitor.is_at((27.75, -13.2), within=0.3)
    assert await visitor.serious_findings() == []
    await visitor.picture("map-places")
    await page.get_by_role("searchbox").fill("nowhere of this name")
    await expect(places).to_have_count(0)


async def test_place_is_found_by_its_position(visitor: Visitor):
    page = await visitor.open()
    await drawn(page)
    before = await page.get_by_role("main").get_by_role("listitem").count()
    await page.get_by_role("searchbox").fill("-3.402, 34.901")
    await visitor.is_at((34.901, -3.402))
    assert await page.get_by_role("main").get_by_role("listitem").count() >= before


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
