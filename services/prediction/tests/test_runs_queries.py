"""Who sees which rows, and in which order."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from prediction_values import facts_of
from sqlalchemy import insert

from contracts.gateway import UserChanged
from contracts.prediction import GetPrediction, GetResult, ListCentroids, ListPredictions
from contracts.shared import ANONYMOUS, Page
from kit.errors import Conflict, NotFound
from kit.testing import ADMIN, MAPPER, STRANGER, Caller, eventually
from prediction.runs.tables import PredictionRow

START = datetime(2026, 10, 1, tzinfo=UTC)
PLACE = "SRID=4326;POLYGON((10 50,10.1 50,10.1 50.1,10 50.1,10 50))"
ELSEWHERE = "SRID=4326;POLYGON((20 50,20.1 50,20.1 50.1,20 50.1,20 50))"
ROWS = {
    "first": {"visibility": "public", "description": "Hilltop roofs", "geom": PLACE},
    "second": {"description": "hilltop, second 100%", "status": "failed", "error": "No imagery"},
    "foreign": {"user_id": STRANGER.id, "model_stac_id": "other"},
    "shown": {
        "user_id": STRANGER.id, "visibility": "public", "status": "completed", "results_ready": True,
        "has_pmtiles": True, "description": "Riverside roofs", "last_polled_at": START,
    },
    "empty": {"status": "completed", "results_ready": True},
}  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def rows(running) -> dict[str, int]:
    """Name → id; submitted an hour apart, ids from 5001."""
    async with running.db.session() as session:
        for number, changes in enumerate(ROWS.values()):
            await session.execute(insert(PredictionRow).values(id=5001 + number, **_values(number) | changes))
        await session.commit()
    return {name: 5001 + number for number, name in enumerate(ROWS)}


def _values(number: int) -> dict:
    at = START + timedelta(hours=number)
    return {
        "user_id": MAPPER.id, "model_stac_id": "listed", "category": "buildings", "zoom": 19, "image_uri": "https://i",
        "facts": facts_of("listed").model_dump(mode="json"), "geom": ELSEWHERE, "params": {}, "remove_osm": False,
        "description": "", "visibility": "private", "status": "stopped", "error": "", "attempt": 1, "first_attempt": 1,
        "graceful": False, "has_pmtiles": False, "results_ready": False, "submitted_at": at, "touched_at": at,
        "due_at": at,
    }  # fmt: skip


async def listed(caller: Caller, rows: dict[str, int], actor=MAPPER, **filters) -> list[str]:
    """Names of the rows of this module, in the order of the answer."""
    answer = await caller.ask(ListPredictions(page=Page(limit=1000, **filters.pop("page", {})), **filters), actor)
    names = {number: name for name, number in rows.items()}
    return [names[row["id"]] for row in answer["results"] if row["id"] in names]


@pytest.mark.spec("8.2", "GET /predictions/, visibility")
@pytest.mark.spec("8.7", "GET /public-predictions/")
async def test_each_sees_what_he_may(running, caller: Caller, rows):
    assert await listed(caller, rows) == ["empty", "shown", "second", "first"]
    assert await listed(caller, rows, STRANGER) == ["shown", "foreign", "first"]
    assert await listed(caller, rows, ANONYMOUS) == ["shown", "first"]
    assert await listed(caller, rows, ADMIN) == ["empty", "shown", "foreign", "second", "first"]
    assert await listed(caller, rows, ADMIN, public=True) == ["shown", "first"]


@pytest.mark.spec("1.3", "user, search, ordering, in_bbox, all words match, search ignores case, several orderings")
@pytest.mark.spec("1.3", "descending, touching the box counts, unknown ordering ignored")
@pytest.mark.spec("8.2", "filter local_model_stac_id, filter user, filter status, filter visibility, search, ordering")
@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"local_model_stac_id": "other"}, ["foreign"]),
        ({"user": STRANGER.id}, ["shown", "foreign"]),
        ({"status": "failed"}, ["second"]),
        ({"visibility": "public"}, ["shown", "first"]),
        ({"page": {"search": "ROOFS hilltop"}}, ["first"]),
        ({"page": {"search": "100%"}}, ["second"]),
        ({"page": {"search": "1_0"}}, []),
        ({"page": {"in_bbox": (9.9, 49.9, 10.0, 50.0)}}, ["first"]),
        ({"page": {"ordering": "submitted_at"}}, ["first", "second", "foreign", "shown", "empty"]),
        ({"page": {"ordering": "-last_polled_at"}}, ["shown", "empty", "foreign", "second", "first"]),
        ({"page": {"ordering": "-last_polled_at, submitted_at"}}, ["shown", "first", "second", "foreign", "empty"]),
        ({"page": {"ordering": "id, nonsense"}}, ["first", "second", "foreign", "shown", "empty"]),
        ({"page": {"ordering": "nonsense"}}, ["empty", "shown", "foreign", "second", "first"]),
    ],
)
async def test_filters_search_and_order(running, caller: Caller, rows, filters, names):
    assert await listed(caller, rows, ADMIN, **filters) == names


async def test_page_counts_all_that_the_caller_may_see(running, caller: Caller, rows):
    query = ListPredictions(page=Page(limit=1, offset=1), local_model_stac_id="listed")
    answer = await caller.ask(query)
    assert (answer["count"], [row["id"] for row in answer["results"]]) == (4, [rows["shown"]])


@pytest.mark.spec("8.2", "GET /predictions/{id}/")
@pytest.mark.spec("8.7", "GET /public-predictions/{id}/, private 404")
@pytest.mark.parametrize("actor", [MAPPER, STRANGER, ADMIN, ANONYMOUS])
@pytest.mark.parametrize("public", [True, False])
async def test_the_compiled_list_is_the_one_that_is_built_anew(running, caller: Caller, rows, actor, public):
    """Asked in one second, whose signatures are in both, and between two looks at the runs."""
    for page in (Page(limit=1000), Page(limit=2, offset=1)):
        ordered = page.model_copy(update={"ordering": "-submitted_at"})

        async def are_equal(pages: tuple[Page, Page] = (page, ordered)) -> bool:
            lists = [await caller.ask(ListPredictions(page=one, public=public), actor) for one in pages]
            assert lists[0]["results"]
            return lists[0] == lists[1]

        await eventually(are_equal, 10)


async def test_private_rows_are_not_there_for_others(running, caller: Caller, rows):
    for query in (GetPrediction(prediction_id=rows["empty"]), GetResult(prediction_id=rows["empty"])):
        for actor in (STRANGER, ANONYMOUS):
            with pytest.raises(NotFound):
                await caller.ask(query, actor)
        await caller.ask(query, ADMIN)
    with pytest.raises(NotFound):
        await caller.ask(GetPrediction(prediction_id=rows["empty"], public=True), ADMIN)


@pytest.mark.spec("8.1", "assets are presigned")
@pytest.mark.spec(
    "8.4", "GET /predictions/{id}/result/, geojson, fgb, pmtiles, not ready 409, no PMTiles for empty results"
)
async def test_result_needs_to_be_ready(running, caller: Caller, rows):
    with pytest.raises(Conflict, match="not ready"):
        await caller.ask(GetResult(prediction_id=rows["first"]))
    links = await caller.ask(GetResult(prediction_id=rows["shown"]))
    row = await caller.ask(GetPrediction(prediction_id=rows["shown"]))
    for found in (links, row["assets"]):
        assert sorted(found) == ["fgb", "geojson", "pmtiles"]
        for name, link in found.items():
            address = urlsplit(link)
            assert address.path.endswith(f"/predict/{rows['shown']}/output/predictions.{name}")
            assert "X-Amz-Signature" in parse_qs(address.query)
    assert sorted(await caller.ask(GetResult(prediction_id=rows["empty"]))) == ["fgb", "geojson"]


@pytest.mark.spec("8.1", "completed alone has no assets")
@pytest.mark.spec("8.4", "not ready 409")
async def test_completed_run_without_results_has_no_assets(running, caller: Caller, rows):
    async with running.db.session() as session:
        await session.execute(insert(PredictionRow).values(id=5099, **_values(0) | {"status": "completed"}))
        await session.commit()
    row = await caller.ask(GetPrediction(prediction_id=5099))
    assert (row["status"], row["results_ready"], row["assets"]) == ("completed", False, None)
    with pytest.raises(Conflict, match="not ready"):
        await caller.ask(GetResult(prediction_id=5099))


async def test_row_carries_reason_category_and_name(running, caller: Caller, rows):
    await caller.publish(UserChanged(user_id=MAPPER.id, username="mapper"))

    async def named() -> dict | None:
        row = await caller.ask(GetPrediction(prediction_id=rows["second"]))
        return row if row["user"]["username"] else None

    row = await eventually(named)
    assert (row["error"], row["category"], row["assets"]) == ("No imagery", "buildings", None)
    assert row["user"] == {"osm_id": MAPPER.id, "username": "mapper"}


@pytest.mark.spec("22.5", "GET /predictions/centroid/")
@pytest.mark.spec("25", "public catalogue of predictions with centroids")
async def test_centroids_are_points_of_all_that_one_may_see(running, caller: Caller, rows):
    async def points(actor=MAPPER, **filters) -> dict[str, list]:
        answer = await caller.ask(ListCentroids(**filters), actor)
        assert answer["type"] == "FeatureCollection"
        names = {number: name for name, number in rows.items()}
        features = [f for f in answer["features"] if f["properties"]["id"] in names]
        return {names[f["properties"]["id"]]: f["geometry"]["coordinates"] for f in features}

    assert (await points())["first"] == [10.05, 50.05]
    assert list(await points()) == ["empty", "shown", "second", "first"]
    assert list(await points(ANONYMOUS)) == list(await points(ADMIN, public=True)) == ["shown", "first"]
    assert list(await points(search="hilltop", visibility="public")) == ["first"]


@pytest.mark.spec("8.7", "GET /public-predictions/{id}/result/")
async def test_public_result_is_of_public_rows_only(running, caller: Caller, rows):
    answer = await caller.ask(GetResult(prediction_id=rows["shown"], public=True), ANONYMOUS)
    assert sorted(answer) == ["fgb", "geojson", "pmtiles"]
    with pytest.raises(NotFound):
        await caller.ask(GetResult(prediction_id=rows["empty"], public=True), MAPPER)
