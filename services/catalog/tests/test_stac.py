"""Against the real STAC API: versions, paging, facets."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from stac_things import dataset_facts

from catalog.stac import client as stac_api
from catalog.stac import schemas
from catalog.stac.client import StacClient
from catalog.stac.dataset_item import dataset_item
from catalog.stac.item_cache import ItemCache
from catalog.stac.item_inputs import StoredFile
from catalog.stac.publish_dataset import publish_dataset
from catalog.stac.versions import publish_version
from catalog.stac.vocabulary import DATASETS, EXTENSIONS
from contracts.catalog.stac import StacItemWritten
from kit.errors import Internal, Unavailable, Unprocessable
from kit.testing import eventually

pytestmark = pytest.mark.live


def link(item: dict, rel: str) -> str | None:
    """Id that a version link points at."""
    href = next((link["href"] for link in item["links"] if link["rel"] == rel), None)
    return href and href.rpartition("/")[2]


def with_labels(facts, digest: str):
    return replace(facts, labels=StoredFile("s3://bucket/l", 3, digest * 32))


@pytest.mark.spec("21.5", "collections exist")
async def test_collections_are_as_declared(stac: StacClient):
    """By the schema of collections; extensions of items are not theirs."""
    await stac.ensure_collections()
    for name in EXTENSIONS:
        found = (await stac.http.get(f"{stac.root}/collections/{name}")).json()
        assert (found["stac_extensions"], found["license"]) == ([], "other")
        assert list(schemas.validator(schemas.COLLECTION).iter_errors(found)) == []


@pytest.mark.spec("18.2", "version by title")
@pytest.mark.spec("18.3", "version bump")
async def test_versions_are_chained_through_archived_copies(stac: StacClient):
    facts = dataset_facts()
    for digest in ("aa", "bb", "bb", "cc"):
        await publish_dataset(with_labels(facts, digest), stac)
    name = facts.stac_id
    active, first, second = [await stac.get(DATASETS, f"{name}{tail}") for tail in ("", "-v1", "-v2")]
    versions = [(item["properties"]["version"], item["properties"]["deprecated"]) for item in (first, second, active)]
    assert versions == [("1", True), ("2", True), ("3", False)]
    assert [link(item, "predecessor-version") for item in (first, second, active)] == [None, f"{name}-v1", f"{name}-v2"]
    assert [link(item, "successor-version") for item in (first, second, active)] == [f"{name}-v2", name, None]
    assert [link(item, "latest-version") for item in (first, second, active)] == [None, None, name]


async def test_interrupted_archiving_is_finished_by_another_try(stac: StacClient):
    facts = dataset_facts()
    await publish_dataset(facts, stac)
    former = await stac.get(DATASETS, facts.stac_id)
    new = dataset_item(with_labels(facts, "bb"), 2)
    puts = 0
    write = stac.put

    async def dies_at_second(item: dict) -> None:
        nonlocal puts
        puts += 1
        if puts == 2:
            raise Unavailable("down")
        await write(item)

    stac.put = dies_at_second
    try:
        with pytest.raises(Unavailable):
            await publish_version(stac, new, former)
    finally:
        stac.put = write
    await publish_version(stac, new, await stac.get(DATASETS, facts.stac_id))
    active = await stac.get(DATASETS, facts.stac_id)
    assert (active["properties"]["version"], link(active, "predecessor-version")) == ("2", f"{facts.stac_id}-v1")


async def test_same_title_continues_the_users_own_line_only(stac: StacClient):
    first, second, foreign = dataset_facts(), dataset_facts(), dataset_facts(user_id=8)
    for facts in (first, replace(second, title=first.title), replace(foreign, title=first.title)):
        await publish_dataset(facts, stac)
    old, new, other = [await stac.get(DATASETS, facts.stac_id) for facts in (first, second, foreign)]
    assert (old["properties"]["deprecated"], link(old, "successor-version")) == (True, new["id"])
    assert (new["properties"]["version"], link(new, "predecessor-version")) == ("2", old["id"])
    assert (other["properties"]["version"], other["properties"]["deprecated"]) == ("1", False)


async def test_bad_dataset_is_refused_and_not_written(stac: StacClient):
    facts = dataset_facts(label_type="wish")
    with pytest.raises(Unprocessable, match="wish"):
        await publish_dataset(facts, stac)
    assert await stac.get(DATASETS, facts.stac_id) is None


async def test_search_follows_all_pages(stac: StacClient, monkeypatch):
    names = sorted([await publish_dataset(dataset_facts(), stac) for _ in range(3)])
    monkeypatch.setattr(stac_api, "PAGE", 2)
    assert sorted(item["id"] for item in await stac.search(DATASETS, ids=names)) == names


async def test_deleting_twice_is_fine(stac: StacClient):
    name = await publish_dataset(dataset_facts(), stac)
    await stac.delete(DATASETS, name)
    await stac.delete(DATASETS, name)
    assert await stac.get(DATASETS, name) is None


async def test_catalogue_that_is_down_or_unset_is_unavailable():
    for root in ("http://127.0.0.1:9", None):
        api = StacClient(root, None)
        with pytest.raises(Unavailable):
            await api.get(DATASETS, "x")
        await api.stop()


async def test_wrong_key_is_our_problem_not_the_callers(stac: StacClient):
    api = StacClient(stac.root, "wrong")
    with pytest.raises(Unavailable):
        await api.put(dataset_item(dataset_facts(), 1))
    await api.stop()


@asynccontextmanager
async def counting(stac: StacClient):
    """A client of the same API, and the requests it sends."""
    sent: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    api = StacClient(stac.root, None)
    api.http.event_hooks = {"request": [note]}
    yield api, sent
    await api.stop()


@pytest.mark.spec(
    "15",
    "cache, misses in parallel, description, datetime, geometry, assets, properties, links, "
    "internal links dropped, no item is null",
)
async def test_a_page_costs_one_search_and_the_next_none(stac: StacClient):
    names = [await publish_dataset(dataset_facts(), stac) for _ in range(3)]
    rows = [{"stac_id": name, "stac": None} for name in [*names, ""]]
    async with counting(stac) as (api, sent):
        facets = ItemCache(api, ttl=60)
        for _ in range(2):
            await facets.expand(DATASETS, rows, key="stac_id")
        assert [(request.method, request.url.path) for request in sent] == [("POST", "/search")]
        facets.drop(DATASETS, names[0])
        await facets.expand(DATASETS, rows, key="stac_id")
    assert json.loads(sent[1].content)["ids"] == [names[0]]
    facet = rows[0]["stac"]
    assert set(facet) == {"description", "datetime", "geometry", "assets", "properties", "links"}
    assert [link["rel"] for link in facet["links"]] == ["source", "xyz"]
    assert facet["properties"]["title"] == names[0]
    assert rows[3]["stac"] is None


@pytest.mark.spec("15", "one failure fails the page")
async def test_one_missing_item_fails_the_page(stac: StacClient):
    name = await publish_dataset(dataset_facts(), stac)
    with pytest.raises(Internal, match="t-nowhere"):
        await ItemCache(stac, 60).of(DATASETS, [name, "t-nowhere"])


async def test_old_entries_are_not_used(stac: StacClient):
    name = await publish_dataset(dataset_facts(), stac)
    async with counting(stac) as (api, sent):
        facets = ItemCache(api, ttl=0.0)
        for _ in range(2):
            await facets.of(DATASETS, [name])
    assert len(sent) == 2


@pytest.mark.spec("15", "invalidated over the bus")
async def test_every_process_hears_of_changes(stac: StacClient, running, caller):
    name = await publish_dataset(dataset_facts(), stac)
    facets = ItemCache(stac, 60)
    loop = asyncio.create_task(facets.invalidated(running))
    try:
        await facets.of(DATASETS, [name])

        async def dropped() -> bool:
            await caller.publish(StacItemWritten(collection=DATASETS, item_id=name))
            return facets._fresh(DATASETS, name) is None

        await eventually(dropped)
    finally:
        loop.cancel()
