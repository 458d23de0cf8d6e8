"""Texts that people write stay texts, wherever the console shows them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import Page, expect

from fairway import Fairway
from kit.vector_tiles import Caption, write_pmtiles
from stack.platform.settings import public_url
from tests.console.boards import dashboard
from tests.console.campaigns import Keys, campaign, label_all, review
from tests.console.conftest import Site
from tests.console.page import Visitor
from tests.console.test_quick import serve

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(1800)]
HOSTILE = "<img src=x onerror=\"window.hurt='{}'\"><script>window.hurt='{}'</script>"
TAG = "<img src=x onerror=\"window.hurt='tag'\">"
"""Tags have at most 64 characters."""
INJECTED = "() => [window.hurt ?? '', document.querySelectorAll('img[src=x], main script').length]"


def said(where: str) -> str:
    return HOSTILE.format(where, where)


@dataclass(frozen=True)
class Texts:
    dashboard: str
    campaign: int
    keys: Keys


@pytest.fixture(scope="module")
def texts(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Texts]:
    """A hostile text in every field that the API takes one in; those for everybody are taken away at the end."""
    number, keys = campaign(site, tmp_path_factory.mktemp("images"), 1)
    review(site, number, label_all(site, number, keys, said("label")), accepted=False, comment=said("comment"))
    with site.client() as admin:
        draft = {"title": said("dataset"), "source_imagery": f"{site.imagery}/train/{{z}}/{{x}}/{{y}}.jpg"}
        admin.transport.write("POST", "/datasets/", draft)
        admin.transport.write(
            "POST", "/annotations", {"begin": time.time_ns() // 10**6, "text": said("note"), "tags": [TAG]}
        )
        _rename_a_person(site)
        banner = admin.transport.write("POST", "/banners/", {"message": said("banner")})
        yield Texts(_dashboard(admin), number, keys)
        admin.transport.write("DELETE", f"/banners/{banner['id']}/")


def _rename_a_person(site: Site) -> None:
    """Development logins take plain names only; those of OpenStreetMap may be anything."""
    with Fairway(public_url(site.home), site.token, {"X-Dev-User": "66:hurt"}) as person:
        person.transport.get("/auth/me/")
    with psycopg.connect(site.database("gateway"), autocommit=True) as connection:
        connection.execute("update users set username = %s where id = 66", (said("person"),))


def _dashboard(admin: Fairway) -> str:
    content = dashboard(said("plot"), "queues", said("channel"))
    name = admin.transport.write("POST", "/dashboard/", content)["id"]
    admin.transport.write("PATCH", f"/dashboard/{name}?message=first", content)
    admin.transport.write("PATCH", f"/dashboard/{name}/details", {"title": said("title"), "listed": True})
    admin.transport.write("POST", f"/dashboard/{name}/links", {"note": said("link")})
    return name


async def harmless(page: Page, *places: str) -> None:
    """The texts of these places are there, as they were written, and nothing was made of them."""
    for place in places:
        await expect(page.get_by_text(f"window.hurt='{place}'").first).to_be_attached()
    assert await page.evaluate(INJECTED) == ["", 0]


async def test_banner_earlier_work_and_names(mapper: Visitor, texts: Texts):
    await mapper.go("place")
    await harmless(mapper.page, "banner", "dataset")
    await mapper.go("operate")
    await mapper.page.get_by_label("Part of a name").fill("hurt")
    await mapper.page.keyboard.press("Enter")
    await harmless(mapper.page, "banner", "person")


async def test_classes_and_comments(mapper: Visitor, texts: Texts):
    page = await mapper.go("label")
    await page.get_by_label("Number of the campaign").first.fill(str(texts.campaign))
    await page.get_by_label("Key", exact=True).fill(texts.keys[0])
    await page.get_by_label("Secret").fill(texts.keys[1])
    await page.get_by_role("button", name="Start labelling").click()
    await harmless(page, "comment", "label")


async def test_dashboards_notes_and_links(mapper: Visitor, texts: Texts):
    mapper.expected = ("404",)  # the channel does not exist
    page = await mapper.go(f"dashboards/{texts.dashboard}")
    await page.get_by_text("What happened meanwhile").click()
    await page.get_by_role("button", name="Share by a link").click()
    await harmless(page, "title", "plot", "note", "tag", "link")


async def test_attribution_of_tiles(visitor: Visitor, site: Site, tmp_path: Path):
    """MapLibre writes it as HTML."""
    (tmp_path / "one.geojson").write_text(
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [34.9, -3.4]}, "properties": {}}'
    )
    caption = Caption("a", "b", said("attribution"))
    tiles = write_pmtiles(tmp_path / "one.pmtiles", {"predictions": tmp_path / "one.geojson"}, (10, 12), caption)
    visitor.expected = ("Content Security Policy", "404", "Bounds of PMTiles")
    await serve(visitor.page, tiles.read_bytes())
    page = await visitor.open(f"map/prediction/{site.prediction.id}")
    await page.locator(".map[data-idle=true]").wait_for()
    assert (await page.evaluate(INJECTED))[0] == ""


async def test_title_of_a_package(mapper: Visitor, site: Site, texts: Texts):
    area = {"type": "Polygon", "coordinates": [[[34.9, -3.41], [34.91, -3.41], [34.91, -3.4], [34.9, -3.41]]]}
    body = {"area": area, "title": said("package"), "processors": ["test_processor.version_1"]}
    with site.client() as fairway:
        job = fairway.transport.write("POST", "/jobs", body)["job_id"]
    page = await mapper.go(f"packages/{job}")
    await harmless(page, "package", "banner")
