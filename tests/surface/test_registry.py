"""Lists of models, pins and descriptions over HTTP, on the real catalogue."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from stack.bench.system import System
from tests.surface.people import OWNER_ID, Who, headers
from tests.surface.registry import Registry

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
STRANGER_ID = 8
Call = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def registry(running: System) -> Iterator[Registry]:
    made = Registry(running)
    yield made
    made.close()


@pytest.fixture(scope="module")
def call(running: System) -> Iterator[Call]:
    """Method, address and who asks; a body where one is given."""
    with httpx.Client(base_url=running.url, timeout=30) as http:

        def call(method: str, path: str, who: Who = Who.ADMIN, body: Any = None) -> httpx.Response:
            content = {} if body is None else {"json": body}
            return http.request(method, path, headers=headers(who, running.token), **content)

        yield call


@pytest.fixture(scope="module")
def models(registry: Registry) -> dict[str, str]:
    """Kind → the beginning of the names of its models."""
    names = {kind: f"{kind}-{uuid4().hex[:10]}" for kind in ("base", "local")}
    parent = registry.base_model(f"parent-{uuid4().hex}")
    shapes = {
        "pinned": {"is_pinned": True, "star_count": 2}, "theirs": {"user_id": STRANGER_ID, "star_count": 5},
        "hidden": {"visibility": "private"}, "tree": {"category": "trees", "star_count": 1},
    }  # fmt: skip
    for shape, columns in shapes.items():
        registry.base_model(f"{names['base']}-{shape}", **columns)
        registry.local_model(f"{names['local']}-{shape}", parent, **{"visibility": "public", **columns})
    registry.base_model(f"{names['base']}-ended", status="failed")
    registry.local_model(f"{names['local']}-ended", parent, status="archived", visibility="public")
    return names


def shapes(answer: httpx.Response) -> list[str]:
    """In the order of the list."""
    body = answer.raise_for_status().json()
    assert body["count"] == len(body["results"])
    return [row["name"].rpartition("-")[2] for row in body["results"]]


@pytest.mark.spec("6.2", "filter visibility, filter is_pinned, filter user, ordering, ordering star_count")
@pytest.mark.spec("6.3", "filter status, filter visibility, filter category, filter is_pinned")
@pytest.mark.spec("24", "11 ordering=star_count")
@pytest.mark.parametrize("kind", ["base", "local"])
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("visibility=private", ["hidden"]),
        ("is_pinned=true", ["pinned"]),
        ("is_pinned=false&ordering=created_at", ["theirs", "hidden", "tree", "ended"]),
        (f"user={STRANGER_ID}", ["theirs"]),
        (f"user={OWNER_ID}&visibility=public&ordering=-created_at", ["ended", "tree", "pinned"]),
        ("category=trees", ["tree"]),
        ("status=active&ordering=-star_count", ["theirs", "pinned", "tree", "hidden"]),
        ("status=active&ordering=star_count", ["hidden", "tree", "pinned", "theirs"]),
        ("ordering=nonsense,last_modified", ["pinned", "theirs", "hidden", "tree", "ended"]),
    ],
)
def test_lists_are_filtered_and_ordered(call: Call, models: dict[str, str], kind: str, query: str, found: list[str]):
    assert shapes(call("GET", f"/{kind}-models/?search={models[kind]}&{query}")) == found


@pytest.mark.parametrize("kind", ["base", "local"])
def test_the_end_of_a_model_has_its_status(call: Call, models: dict[str, str], kind: str):
    ended = {"base": "failed", "local": "archived"}
    assert shapes(call("GET", f"/{kind}-models/?search={models[kind]}&status={ended[kind]}")) == ["ended"]


@pytest.mark.spec("6.2", "visible rows")
@pytest.mark.spec("6.3", "visible rows")
@pytest.mark.parametrize("kind", ["base", "local"])
def test_each_sees_what_is_public_and_active_or_his(call: Call, models: dict[str, str], kind: str):
    seen = {who: shapes(call("GET", f"/{kind}-models/?search={models[kind]}&ordering=created_at", who)) for who in Who}
    assert seen == {
        Who.ANONYMOUS: ["pinned", "theirs", "tree"], Who.STRANGER: ["pinned", "theirs", "tree"],
        Who.OWNER: ["pinned", "theirs", "hidden", "tree", "ended"],
        Who.ADMIN: ["pinned", "theirs", "hidden", "tree", "ended"],
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["base", "local"])
@pytest.mark.parametrize(
    "query", ["status=nonsense", "visibility=nonsense", "is_pinned=nonsense", "user=nonsense", "category=nonsense"]
)
def test_a_value_that_a_field_cannot_have_is_refused(call: Call, kind: str, query: str):
    answer = call("GET", f"/{kind}-models/?{query}")
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [query.partition("=")[0]])


@pytest.fixture
def catalogued(registry: Registry) -> tuple[int, str]:
    """A base model with an item: id of the row and of the item."""
    item_id = f"t-{uuid4().hex[:10]}"
    registry.base_item(item_id)
    return registry.base_model(item_id, stac_item_id=item_id), item_id


@pytest.mark.spec("6.2", "PATCH /base-models/{id}/metadata/, description, fair_preview")
def test_words_and_preview_of_a_model_reach_its_item(call: Call, registry: Registry, catalogued: tuple[int, str]):
    model_id, item_id = catalogued
    preview = {"center": [85.5, 27.6], "zoom": {"recommended": 19},
               "imagery": {"url": "https://tiles.example/{z}/{x}/{y}.png", "type": "xyz"}}  # fmt: skip
    answer = call("PATCH", f"/base-models/{model_id}/metadata/", body={"description": "Roofs", "fair_preview": preview})
    properties = registry.item("base-models", item_id)["properties"]
    assert (properties["description"], properties["fair:preview"]) == ("Roofs", preview)
    assert properties["title"] == registry.plugin["properties"]["title"]
    assert answer.json()["stac"]["properties"]["fair:preview"] == preview


@pytest.mark.spec("6.2", "metadata is validated")
def test_words_that_break_the_item_are_refused(call: Call, registry: Registry, catalogued: tuple[int, str]):
    model_id, item_id = catalogued
    before = registry.item("base-models", item_id)
    answer = call("PATCH", f"/base-models/{model_id}/metadata/", body={"title": "New", "description": ""})
    problems = answer.json()["error"]["details"]["stac"]
    assert answer.status_code == 400
    assert {problem.partition(":")[0] for problem in problems} == {"properties.description"}
    assert registry.item("base-models", item_id) == before


@pytest.mark.spec("6.4", "GET /pinned-models/, count, visibility, expand=stac")
def test_pinned_models_are_counted_shown_and_expanded(
    call: Call, registry: Registry, catalogued: tuple[int, str], models: dict[str, str]
):
    model_id, _ = catalogued
    secret = registry.local_model(f"secret-{uuid4().hex}", model_id, is_pinned=True)
    before = call("GET", "/pinned-models/", Who.ANONYMOUS).json()
    assert call("PATCH", f"/base-models/{model_id}/pin/", body={}).json()["is_pinned"]
    pages = {who: call("GET", "/pinned-models/?expand=stac", who).json() for who in Who}
    assert pages[Who.ANONYMOUS]["count"] == before["count"] + 1
    assert all(page["count"] == len(page["results"]) for page in pages.values())
    pinned = {(row["model_type"], row["id"]): row for row in pages[Who.ANONYMOUS]["results"]}
    assert pinned["base", model_id]["stac"]["properties"]["fair:pinned"]
    assert {row["stac"] for row in pinned.values() if not row["stac_item_id"]} == {None}
    assert {row["stac"] for row in before["results"]} <= {None}
    sees = {who for who in Who if ("local", secret) in {(r["model_type"], r["id"]) for r in pages[who]["results"]}}
    assert sees == {Who.OWNER, Who.ADMIN}


@pytest.mark.spec("3.3", "PATCH /datasets/{id}/pin/, pin writes fair:pinned")
def test_a_pin_of_a_dataset_is_in_its_item(call: Call, registry: Registry):
    stac_id = f"d-{uuid4().hex[:10]}"
    registry.dataset_item(stac_id)
    path = f"/datasets/{registry.dataset(stac_id, visibility='public')}/pin/"
    assert call("PATCH", path, Who.OWNER, {}).status_code == 403
    row = call("PATCH", path, body={}).raise_for_status().json()
    assert row["stac"]["properties"]["fair:pinned"] is True
    assert registry.item("datasets", stac_id)["properties"]["fair:pinned"] is True
    row = call("PATCH", path, body={"is_pinned": False}).raise_for_status().json()
    assert (row["stac_id"], row["stac"]["properties"]["fair:pinned"]) == (stac_id, False)
    assert registry.item("datasets", stac_id)["properties"]["fair:pinned"] is False


@pytest.mark.spec("3.3", "publish is idempotent")
def test_publishing_a_dataset_twice_is_publishing_it(call: Call, registry: Registry):
    path = f"/datasets/{registry.dataset(f'd-{uuid4().hex[:10]}')}"
    for verb, visibility in (("publish", "public"), ("unpublish", "private")):
        answers = [call("POST", f"{path}/{verb}/", Who.OWNER) for _ in range(2)]
        assert [(one.status_code, one.json()["visibility"]) for one in answers] == [(200, visibility)] * 2


@pytest.mark.spec("21.3", "status lastUpdated")
def test_the_age_of_openstreetmap_data_comes_from_the_raw_data_api(call: Call):
    assert list(call("GET", "/osm/status/", Who.ANONYMOUS).raise_for_status().json()) == ["lastUpdated"]
