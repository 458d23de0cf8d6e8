"""The member `stac` of lists and rows, as readers of the running service get it."""

import json
from collections.abc import Iterator
from uuid import uuid4

import httpx
import nats
import pytest
import pytest_asyncio

from catalog.stac.client import StacClient
from contracts.catalog import models as c
from contracts.catalog.curation import DescribeModel, ListPinnedModels, PinModel
from contracts.catalog.datasets import ListDatasets
from contracts.shared import Page
from contracts.training import TrainingSubmitted
from kit.errors import Forbidden
from kit.messaging.envelope import SERVICE
from kit.testing import ADMIN, MAPPER, eventually

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("running")]


@pytest.fixture
def asked(stac: StacClient) -> Iterator[list[httpx.Request]]:
    """What the service asks of the catalogue meanwhile."""
    sent: list[httpx.Request] = []
    hooks = stac.http.event_hooks

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    stac.http.event_hooks = {**hooks, "request": [*hooks.get("request", []), note]}
    yield sent
    stac.http.event_hooks = hooks


@pytest.mark.spec("15", "null without it")
async def test_without_the_word_nothing_is_filled_or_asked(registered, caller, asked):
    await caller.send(PinModel(registry="base", model_id=registered["id"]), ADMIN)
    asked.clear()
    rows = [await caller.ask(c.GetBaseModel(model_id=registered["id"]))]
    for query in (c.ListBaseModels, c.ListLocalModels, ListDatasets, ListPinnedModels):
        page = {} if query is ListPinnedModels else {"page": Page(limit=1000)}
        rows += (await caller.ask(query(**page), ADMIN))["results"]
    assert len(rows) >= 3
    assert {row["stac"] for row in rows} == {None}
    assert asked == []
    assert (await caller.ask(c.GetBaseModel(model_id=registered["id"], expand=True)))["stac"] is not None


@pytest.mark.spec("15", "writes replace the entry")
async def test_what_was_written_is_what_readers_get_without_asking_again(registered, caller, asked):
    expanded = c.GetBaseModel(model_id=registered["id"], expand=True)
    before = (await caller.ask(expanded))["stac"]["properties"]
    words = uuid4().hex
    describe = DescribeModel(registry="base", model_id=registered["id"], title=words)
    assert (await caller.send(describe, ADMIN)).result["stac"]["properties"]["title"] == words
    asked.clear()
    after = (await caller.ask(expanded))["stac"]["properties"]
    assert (before["title"] != words, after["title"]) == (True, words)
    assert asked == [], "the entry was replaced when it was written"


@pytest_asyncio.fixture
async def statuses(nats_url: str):
    """What was told of the status of local models, by id."""
    told: dict[int, list[str]] = {}
    connection = await nats.connect(nats_url)

    async def note(msg) -> None:
        event = json.loads(msg.data)
        told.setdefault(event["model_id"], []).append(event["status"])

    await connection.subscribe(c.LocalModelStatusChanged.subject(), cb=note)
    await connection.flush()
    yield told
    await connection.close()


async def test_who_counts_models_hears_of_birth_and_archive(registered, caller, statuses):
    number = uuid4().int % 10**9
    await caller.publish(
        TrainingSubmitted(
            training_id=number, local_model=number, user_id=7, username="mapper", model_name=f"t-{number}",
            base_model_stac_id=registered["stac_item_id"], dataset_stac_id="d",
        )
    )  # fmt: skip
    await eventually(lambda: statuses.get(number) == ["active"])
    for archived in (True, False):
        await caller.send(c.ArchiveLocalModel(model_id=number, archived=archived), MAPPER)
    await caller.send(c.SetLocalModelVisibility(model_id=number, visibility="public"), MAPPER)
    await eventually(lambda: statuses[number] == ["active", "archived", "active"])


async def test_services_read_the_whole_list_in_portions(registered, caller):
    with pytest.raises(Forbidden):
        await caller.ask(c.ListLocalModelSummaries(), ADMIN)
    first = await caller.ask(c.ListLocalModelSummaries(limit=1), SERVICE)
    assert len(first["rows"]) == 1
    assert first["rows"][0].keys() == {"id", "status", "stac_item_id"}
    rest = await caller.ask(c.ListLocalModelSummaries(after=first["rows"][0]["id"]), SERVICE)
    assert all(row["id"] > first["rows"][0]["id"] for row in rest["rows"])
