"""How quick the console is. The bars are for a quiet machine; the limits here are those of one that others share, and
`figures.txt` beside the screenshots has what was seen."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psycopg
import pytest
from playwright.async_api import Page, Route

from kit.vector_tiles import MEDIA_TYPE, Caption, write_pmtiles
from stack.bench.curves.made_samples import DAY, DAYS, START, N, samples
from stack.bench.curves.stored_samples import store_series
from stack.home import Home
from tests.console.boards import dashboard
from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(1800)]
SLOWDOWN = 4
FIRST_VIEW, FIRST_VIEW_BAR = 6_000, 1_500
"""Milliseconds at a processor slowed down four times."""
FRAMES, FRAMES_BAR = 0.2, 30
"""Part of the frames of an empty map, which a busy machine without a graphics card draws slowly; a second."""
CURVE, CURVE_BAR = 2_000, 300
"""Milliseconds."""
ROW, SPACING, SIDE = 317, 25e-5, 9e-5
"""Buildings of a row, 100,489 in all; degrees between them, and their sides."""
PIXELS = "canvas => canvas.width / (canvas.clientWidth * devicePixelRatio)"
FIRST = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
HEADING = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('main h1')) return
  observer.disconnect()
  requestAnimationFrame(() => (window.firstView = performance.now()))
}).observe(document, { childList: true, subtree: true })"""
COUNT = """milliseconds => new Promise((done) => {
  const begin = performance.now()
  let frames = 0
  const step = (now) => {
    if (now - begin > milliseconds) return done((frames * 1000) / (now - begin))
    frames += 1
    requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
})"""
SELECT = """async (select) => {
  const frame = () => new Promise(requestAnimationFrame)
  const isCurve = ({ name }) => name.endsWith('/channels/curves')
  const loaded = new Promise((done) => {
    new PerformanceObserver((list) => list.getEntries().some(isCurve) && done()).observe({ type: 'resource' })
  })
  const begin = performance.now()
  select.selectedIndex = select.options.length - 1
  select.dispatchEvent(new Event('change', { bubbles: true }))
  await loaded
  await frame()
  await frame()
  return performance.now() - begin
}"""


def note(words: str) -> None:
    with (Home.default().folder("shots") / "figures.txt").open("a") as figures:
        figures.write(f"{words}\n")
    print(words)


async def test_first_view(visitor: Visitor):
    page = visitor.page
    await page.add_init_script(HEADING)
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    await visitor.open()
    await page.wait_for_function("() => window.firstView")
    view, paint = await page.evaluate("() => window.firstView"), await page.evaluate(FIRST)
    note(f"first view at {SLOWDOWN} x CPU slowdown: {view:.0f} ms (bar {FIRST_VIEW_BAR}), first paint {paint:.0f} ms")
    assert view < FIRST_VIEW


def buildings(west: float, south: float) -> Iterator[str]:
    """GeoJSON features in rows to the north-east of a corner."""
    for number in range(ROW**2):
        x, y = west + number % ROW * SPACING, south + number // ROW * SPACING
        ring = [[x, y], [x + SIDE, y], [x + SIDE, y + SIDE], [x, y + SIDE], [x, y]]
        geometry = {"type": "Polygon", "coordinates": [[[round(a, 7), round(b, 7)] for a, b in ring]]}
        properties = {"confidence": number % 100 / 100}
        yield json.dumps({"type": "Feature", "geometry": geometry, "properties": properties})


def tiles_around(site: Site, folder: Path) -> bytes:
    """Vector tiles whose middle is that of the predicted area."""
    west, south, east, north = site.area.predict_box()
    half = ROW * SPACING / 2
    corner = (west + east) / 2 - half, (south + north) / 2 - half
    source = folder / "buildings.geojson"
    source.write_text('{"type": "FeatureCollection", "features": [' + ",\n".join(buildings(*corner)) + "]}")
    target = folder / "buildings.pmtiles"
    return write_pmtiles(target, {"predictions": source}, (10, 16), Caption("a", "b", "c")).read_bytes()


async def serve(page: Page, content: bytes) -> None:
    """In the place of the tiles of a prediction."""
    allowed = {"access-control-allow-origin": "*", "access-control-allow-headers": "*", "content-type": MEDIA_TYPE}

    async def answer(route: Route) -> None:
        first, last = (route.request.headers.get("range") or "bytes=0-").removeprefix("bytes=").split("-")
        part = content[int(first) : int(last) + 1 if last else None]
        ranged = {"content-range": f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"}
        await route.fulfill(status=206, body=part, headers=allowed | ranged)

    await page.route(lambda url: urlsplit(url).path.endswith(".pmtiles"), answer)


async def test_map_of_many_buildings_moves(visitor: Visitor, site: Site, tmp_path: Path):
    page = visitor.page
    await visitor.without_imagery()
    await serve(page, tiles_around(site, tmp_path))
    await visitor.open()
    empty = await frames_while_moving(page)
    await visitor.open(f"map/prediction/{site.prediction.id}")
    await page.locator(".map[data-idle=true]").wait_for()
    for _ in range(2):
        await page.get_by_role("button", name="Zoom out").click()
        await page.wait_for_timeout(400)  # a zoom is an animation whose end no page shows
    frames = await frames_while_moving(page)
    await visitor.picture("many-buildings")
    note(f"pan over {ROW**2:,} buildings: {frames:.0f} frames/s (bar {FRAMES_BAR}); over an empty map {empty:.0f}")
    assert frames > FRAMES * empty
    await page.wait_for_function(f"() => ({PIXELS})(document.querySelector('.map canvas')) === 1")


async def frames_while_moving(page: Page) -> float:
    """Frames a second while the map is dragged around."""
    await page.locator(".map[data-idle=true]").wait_for()
    counted = asyncio.ensure_future(page.evaluate(COUNT, 2_000))
    await page.mouse.move(900, 400)
    await page.mouse.down()
    step = 0
    while not counted.done():
        step += 1
        await page.mouse.move(900 - step * 4 % 400, 400 + step * 2 % 200)
    await page.mouse.up()
    return await counted


@pytest.fixture
def ten_million(site: Site) -> Iterator[str]:
    """A dashboard of the samples, which are removed at the end."""
    url = site.database("notify")
    times, numbers = samples()

    async def store() -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await store_series(connection, times, numbers)

    remove(url)
    try:
        asyncio.run(store())
        with site.client() as fairway:
            body = dashboard("Ten million samples", "bench", "ten million")
            yield fairway.transport.write("POST", "/dashboard/", body)["id"]
    finally:
        remove(url)


def remove(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = "select id from channels.channel_series where backend = 'bench' and name = 'ten million'"
        for table in ("sealed_chunk", "rollup"):
            connection.execute(f"delete from channels.{table} where series_id in ({found})")  # type: ignore[arg-type]
        connection.execute("delete from channels.channel_series where backend = 'bench'")


async def test_curve_of_ten_million_samples(visitor: Visitor, ten_million: str):
    page = visitor.page
    end = (START + DAYS * DAY) // 10**6
    await page.add_init_script(f"{{ const now = Date.now, by = {end} - now(); Date.now = () => now() + by }}")
    await visitor.open(f"dashboards/{ten_million}")
    window = page.get_by_label("Window")
    await window.wait_for()
    await page.locator("canvas").first.wait_for()
    seen = []
    for _ in range(5):
        await window.select_option(index=1)
        await page.wait_for_load_state("networkidle")
        seen.append(await window.evaluate(SELECT))
    await visitor.picture("ten-million")
    shown = float(np.median(seen))
    note(f"curve of {N:,} samples: {shown:.0f} ms from the choice to the picture (bar {CURVE_BAR})")
    assert shown < CURVE
