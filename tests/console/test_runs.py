"""A training on its page: beside earlier ones, and asked for neither too often nor in a wrong order."""

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Request, Route, expect

from fairway import Fairway
from tests.console.conftest import Site
from tests.console.hands import LONG, button
from tests.console.page import WAIT, Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(1800)]
LATE = 10
"""Seconds that a page which asks one question at a time is kept waiting."""
SETTLED = 500
"""Milliseconds after which a page would show the late answer: no event tells that nothing happens."""
SEVERAL_INTERVALS = 8
"""Seconds of five questions, the second of which an event asks."""


@dataclass(frozen=True)
class Runs:
    """Of one dataset."""

    first: int
    second: int


@pytest.fixture(scope="module")
def runs(site: Site) -> Runs:
    """The training that made the site's model, and one beside it: a short one is made where there is none."""
    with site.client() as fairway:
        models = fairway.local_models.all()
        [model] = [row.id for row in models if row.stac_item_id == site.prediction.local_model_stac_id]
        first = fairway.transport.get(f"/local-models/{model}/")["published_training"]
        row = fairway.transport.get(f"/trainings/{first}/")
        others = fairway.transport.get("/trainings/", status="completed", ordering="-id", limit=20)["results"]
        beside = [one["id"] for one in others if one["dataset"] == row["dataset"] and one["id"] != first]
        return Runs(first, beside[0] if beside else train_beside(fairway, row))


def train_beside(fairway: Fairway, row: dict[str, Any]) -> int:
    """On the dataset of another training."""
    second = fairway.trainings.submit(
        base_model_stac_id=row["base_model_stac_id"], dataset_stac_id=fairway.datasets.get(row["dataset"]).stac_id,
        model_name=f"beside-{uuid4().hex[:8]}", title="Beside", overrides={"epochs": 2, "max_minutes": 0.5},
    )  # fmt: skip
    for _ in fairway.follow(fairway.trainings, "training_id", second.id, LONG / 1000):
        pass
    assert fairway.trainings.get(second.id).status == "completed"
    return second.id


async def test_runs_are_compared(mapper: Visitor, runs: Runs):
    page = await mapper.go(f"place/training/{runs.second}")
    legend = page.locator(".u-legend .u-label")
    await expect(legend.filter(has_text="Validation loss")).to_be_visible()
    await expect(legend.filter(has_text=f"Run {runs.first}")).to_have_count(0)
    await button(page, "Compare with earlier runs").press("Enter")
    await expect(legend.filter(has_text=re.compile(rf"^Run {runs.first}$"))).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text=f"Run {runs.first}")).to_contain_text("dashed")
    assert await mapper.serious_findings() == []
    await mapper.picture("compared")


def pretended(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"status": "running"}


async def test_answer_that_comes_late_changes_nothing(mapper: Visitor, site: Site, runs: Runs):
    """A run has ended; the answer from before its end is slower than that from after it."""
    overtaken, asked = asyncio.Event(), 0

    async def answer(route: Route) -> None:
        nonlocal asked
        asked += 1
        number, found = asked, await route.fetch()
        if number == 2:
            with suppress(TimeoutError):
                await asyncio.wait_for(overtaken.wait(), LATE)
        await route.fulfill(response=found, json=pretended(await found.json()) if number <= 2 else await found.json())
        if number > 2:
            overtaken.set()

    await mapper.page.route(f"**/api/v1/trainings/{runs.first}/", answer)
    async with mapper.page.expect_response(lambda one: one.url.endswith(f"/{runs.first}/") and asked >= 2):
        page = await mapper.go(f"place/training/{runs.first}")
    await expect(button(page, "Publish the model")).to_be_enabled()
    await page.evaluate(f"() => new Promise((done) => setTimeout(done, {SETTLED}))")
    await expect(button(page, "Publish the model")).to_be_enabled()


async def test_epochs_are_asked_for_as_often_as_they_come(visitor: Visitor, runs: Runs):
    """One epoch is heard of, and the page asks once for it, and else from time to time."""
    page, times, is_asked = visitor.page, list[float](), asyncio.Event()
    heard = f'event: training.v1.run_progress\ndata: {{"training_id": {runs.first}, "what": "epoch"}}\n\n'

    async def run(route: Route) -> None:
        found = await route.fetch()
        await route.fulfill(response=found, json=pretended(await found.json()))

    async def events(route: Route) -> None:
        """The second connection is never answered."""
        if not is_asked.is_set():
            await asyncio.wait_for(is_asked.wait(), WAIT / 1000)
            await route.fulfill(status=200, content_type="text/event-stream", body=heard)

    def note_time(request: Request) -> None:
        if request.url.endswith("/epochs/"):
            times.append(time.monotonic())
            is_asked.set()

    await page.route("**/api/v1/events/", events)
    await page.route(f"**/api/v1/trainings/{runs.first}/", run)
    page.on("request", note_time)
    await visitor.sign_in()
    await visitor.go(f"place/training/{runs.first}")
    while len(times) < 5:
        async with page.expect_request(lambda one: one.url.endswith("/epochs/")):
            pass
    assert times[4] - times[0] > SEVERAL_INTERVALS
