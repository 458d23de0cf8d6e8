"""What the catalogue lets in, told without any server."""

import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from stac_things import AOI, REPOSITORY, base_item, dataset_facts, publishable

from catalog.models.domain import BadItem, defines_name, parse_submission
from catalog.models.jobs.registration import _prepared
from catalog.models.summary import summarize_item
from catalog.stac import schemas
from catalog.stac.client import StacClient
from catalog.stac.dataset_item import dataset_item
from catalog.stac.hyperparameters import in_text, typed, value_problems
from catalog.stac.item_inputs import PublishedRun, StoredFile
from catalog.stac.local_item import local_item
from catalog.stac.model_items import weights_file
from catalog.stac.names import model_name
from catalog.stac.required_metrics import metric_problems
from catalog.stac.restored import restored
from catalog.stac.validate import item_problems, refuse
from catalog.stac.vocabulary import BASE_MODELS, DATASETS, LOCAL_MODELS, collection
from contracts import stac_schemas
from geoml import pretrained_item
from kit.errors import Unavailable, Unprocessable

DELETE = object()


def changed(item: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at a slash-separated path; DELETE removes it."""
    result = copy.deepcopy(item)
    *parents, last = path.split("/")
    place = result
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if value is DELETE:
        del place[last]
    else:
        place[last] = value
    return result


def base() -> dict[str, Any]:
    return _prepared(base_item(443), 1)


def dataset() -> dict[str, Any]:
    return dataset_item(dataset_facts(), 1)


def local(**changes: Any) -> dict[str, Any]:
    return local_item(a_run(**changes), base(), "https://stac.example/base", dataset(), "https://stac.example/dataset")


def a_run(**changes: Any) -> PublishedRun:
    facts = publishable()
    names = ("hyperparameters", "metrics", "split", "started_at", "ended_at", "wall_seconds", "keywords", "version")
    file = StoredFile("s3://bucket/file", 5, "ab" * 32)
    return PublishedRun(
        item_id="t-local", title="Roofs", description="Of the hill", user_id=7, model=file,
        checkpoint=file, training_metrics=file, **{name: facts[name] for name in names} | {"name": "roofs"} | changes,
    )  # fmt: skip


@pytest.mark.parametrize("make", [base, dataset, local])
def test_what_we_build_is_valid(make):
    assert item_problems(make()) == []


@pytest.mark.parametrize(
    ("said", "published"),
    [
        (["buildings"], ["building"]), (["Roads ", "trees", "TREE"], ["road", "tree"]),
        (["solid wastes", "water"], ["solid-waste", "water"]), (["Kibera", "building"], ["building"]),
        (["Kibera"], ["semantic-segmentation", "polygon"]),
    ],
)  # fmt: skip
def test_free_keywords_are_kept_beside_those_of_the_vocabulary(said, published):
    item = dataset_item(dataset_facts(keywords=said), 1)
    assert item["properties"]["keywords"] == published
    assert item["properties"].get("fair:keywords", said) == said
    assert item_problems(item) == []


def test_a_model_has_the_keywords_of_its_own_task_only():
    """The footprints of a dataset may serve several."""
    words = ["building", "semantic-segmentation", "classification"]
    data = dataset_item(dataset_facts(keywords=words), 1)
    item = local_item(a_run(), base(), "https://stac.example/base", data, "https://stac.example/dataset")
    assert "classification" in data["properties"]["keywords"]
    assert "classification" not in item["properties"]["keywords"]


def test_free_keywords_of_a_training_do_not_reach_the_catalogue():
    item = local(keywords=["Kibera rooftops", "Buildings"])
    assert "Kibera rooftops" not in item["properties"]["keywords"]
    assert item["properties"]["keywords"].count("building") == 1
    assert item_problems(item) == []


@pytest.mark.parametrize("name", ["2024-roofs", "7", "gh", "roofs"])
def test_any_name_of_a_model_can_be_published(name: str):
    item = local(name=name)
    assert item_problems(item) == []
    assert model_name(item["properties"]["mlm:name"]) == name


@pytest.mark.parametrize("name", ["unet", "rooftop_light", "chip_light", "box_unet"])
def test_items_of_shipped_plugins_are_valid(name: str):
    item = json.loads((REPOSITORY / "models" / name / "stac-item.json").read_text())
    assert item_problems(_prepared(item, 1)) == []


@pytest.mark.parametrize("name", ["unet", "box_unet"])
def test_items_of_pretrained_base_models_are_valid(name: str, tmp_path):
    (tmp_path / "weights.pth").write_bytes(b"weights")
    files = dict.fromkeys(("checkpoint", "model"), tmp_path / "weights.pth")
    plain = json.loads((REPOSITORY / "models" / name / "stac-item.json").read_text())
    [origin] = pretrained_item.KNOWN.values()
    item = pretrained_item.pretrained_item(plain, "EfficientNet-Lite0", origin, tmp_path / "weights.pth", files)
    assert item_problems(_prepared(item, 1)) == []


def test_a_plain_cpu_is_said_by_naming_no_accelerator():
    """The list of MLM has none; nothing of an item is hidden from the official schema."""
    given = base_item(443, **{"mlm:accelerator": "cpu"})
    assert any("mlm:accelerator" in problem for problem in item_problems(_as_declared(given)))
    item = _prepared(given, 1)
    assert "mlm:accelerator" not in item["properties"]
    assert item_problems(item) == []
    assert item_problems(changed(item, "properties/mlm:accelerator", "abacus"))


def _as_declared(item: dict[str, Any]) -> dict[str, Any]:
    return _prepared({**item, "properties": {**item["properties"], "mlm:accelerator": "abacus"}}, 1)


@pytest.mark.parametrize("make", [base, dataset, local])
def test_items_are_valid_at_every_address_of_our_schemas(make):
    item = make()
    for host in ("https://fairway.example", "https://maps.example/api/v1", "http://127.0.0.1:8000/api/v1"):
        addresses = [
            f"{host}/schemas/v1.1.0/{uri.split('/')[-2]}/schema.json" if stac_schemas.kind_of(uri) else uri
            for uri in item["stac_extensions"]
        ]
        assert item_problems({**item, "stac_extensions": addresses}) == []


def test_our_schemas_are_served_for_the_address_that_they_are_served_at():
    for kind in stac_schemas.KINDS:
        served = json.loads(stac_schemas.text(kind, "https://maps.example/api/v1"))
        assert served["$id"] == f"https://maps.example/api/v1/schemas/v1.1.0/{kind}/schema.json"
        assert "fairway.example" not in json.dumps(served)


def test_collections_are_valid_and_declare_no_schemas_of_items():
    for name in (BASE_MODELS, LOCAL_MODELS, DATASETS):
        assert list(schemas.validator(schemas.COLLECTION).iter_errors(collection(name))) == []
        assert collection(name)["stac_extensions"] == []


EVERY_TYPE = [
    {"key": "epochs", "type": "int", "default": 5, "min": 1, "max": 9, "description": "Rounds"},
    {"key": "rate", "type": "float", "default": 0.5, "values": [0.25, 0.5], "description": "Speed"},
    {"key": "freeze", "type": "bool", "default": False, "description": "Or not"},
    {"key": "mode", "type": "str", "default": "true", "values": ["true", "7"], "description": "A text"},
    {"key": "limit", "type": "float", "default": None, "optional": True, "description": "None is no limit"},
]


def test_defaults_are_texts_in_items_and_values_where_they_are_used():
    written = in_text(EVERY_TYPE)
    assert [entry["default"] for entry in written] == ["5", "0.5", "false", "true", "null"]
    assert written[1]["values"] == ["0.25", "0.5"]
    assert (typed(written), typed(EVERY_TYPE), in_text(written)) == (EVERY_TYPE, EVERY_TYPE, written)
    values = {"epochs": 5, "rate": 0.25, "freeze": True, "mode": "7"}
    assert list(value_problems(values, written)) == list(value_problems(values, EVERY_TYPE)) == []
    assert list(value_problems({"rate": 0.3}, written)) == ["rate must be one of 0.25, 0.5"]


def test_facts_of_a_model_have_typed_defaults_whatever_the_item_says():
    item = base()
    assert all(isinstance(entry["default"], str) for entry in item["properties"]["fair:hyperparameters_spec"])
    given = base_item()["properties"]["fair:hyperparameters_spec"]
    assert summarize_item(item, "", "buildings").hyperparameters_spec == given


@given(st.data())
def test_an_item_goes_round_through_an_api_that_drops_what_is_null(data):
    """Whatever else the item says; `datetime` is null where start and end are named."""
    extra = st.dictionaries(st.from_regex(r"x:[a-z]{1,8}", fullmatch=True), JSON, max_size=4)
    properties = {"start_datetime": "2026-01-01T00:00:00Z", "end_datetime": "2026-01-02T00:00:00Z", "datetime": None}
    label = data.draw(st.sampled_from([{}, {"label:type": "raster", "label:properties": None}]))
    item = dataset() | {"properties": {**dataset()["properties"], **properties, **data.draw(extra)}}
    item["properties"] |= label
    back = restored(without_nulls(item))
    assert back == restored(without_nulls(back))
    assert set(item["properties"]) - set(back["properties"]) == {
        name for name, value in item["properties"].items() if value is None and name not in (*properties, *label)
    }
    assert item_problems(back) == item_problems(item) == []
    assert (back["properties"]["datetime"], back["geometry"]) == (None, item["geometry"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def without_nulls(part: Any) -> Any:
    """As the API answers."""
    if isinstance(part, dict):
        return {key: without_nulls(value) for key, value in part.items() if value is not None}
    return [without_nulls(value) for value in part] if isinstance(part, list) else part


def test_imagery_is_linked_as_what_it_is_without_keys():
    secret = "https://t.example/{s}/{z}/{x}/{y}.png?access_token=of-the-owner"
    item = dataset_item(dataset_facts(source_imagery=secret), 1)
    assert "of-the-owner" not in json.dumps(item)
    links = {link["rel"]: link for link in item["links"] if link["rel"] in ("source", "xyz")}
    assert links["xyz"]["href"] == "https://t.example/{s}/{z}/{x}/{y}.png?access_token=***"
    assert (links["xyz"]["type"], links["xyz"]["href:servers"]) == ("image/png", ["a", "b", "c"])
    assert "type" not in links["source"]
    assert item_problems(item) == []
    tilejson = dataset_item(dataset_facts(source_imagery="https://t.example/tiles.json"), 1)
    assert [link["rel"] for link in tilejson["links"]] == ["source"]
    assert not any("web-map-links" in uri for uri in tilejson["stac_extensions"])


def test_people_are_named_by_name():
    assert local(username="ann")["properties"]["providers"] == [{"name": "ann", "roles": ["producer"]}]


def test_weights_have_the_name_and_type_of_what_they_are():
    assert weights_file({"mlm:artifact_type": "numpy.savez"}) == ("weights.npz", "application/zip")
    assert weights_file({"mlm:artifact_type": "torch.save"}) == ("weights.pt", "application/octet-stream")
    item = changed(base(), "assets/checkpoint/mlm:artifact_type", "numpy.savez")
    assert _prepared(item, 2)["assets"]["checkpoint"]["type"] == "application/zip"


HYPER = "properties/mlm:hyperparameters"
BAD_BASE = {
    "properties/title": DELETE, "properties/mlm:name": "", "properties/mlm:tasks": ["guessing"],
    "properties/mlm:framework": "Theano", "properties/mlm:input": [], "properties/mlm:pretrained": "yes",
    "properties/license": "GPL-2.0", "properties/providers": [], "properties/keywords": ["volcano"],
    "properties/fair:unheard_of": 1, "properties/fair:category": DELETE, "properties/fair:metrics_spec": [],
    "properties/fair:split_spec/default_ratio": 1.0, "properties/fair:hyperparameters_spec": DELETE,
    "properties/fair:hyperparameters_spec/0/default": DELETE, "properties/fair:hyperparameters_spec/0/key": "rounds",
    f"{HYPER}/training.epochs": 0, f"{HYPER}/training.learning_rate": 0, f"{HYPER}/epochs": 5,
    f"{HYPER}/inference.confidence_threshold": DELETE, "assets/checkpoint": DELETE, "assets/mlm:inference": DELETE,
    "assets/model/mlm:artifact_type": "torch.save", "assets/source-code/mlm:entrypoint": DELETE,
    "properties/mlm:output/0/post_processing_function": DELETE, "properties/mlm:unheard_of": 1,
    "geometry": DELETE, "properties/datetime": "yesterday", "assets/model/file:size": "many",
    "stac_extensions": ["https://elsewhere.example/schema.json"],
}  # fmt: skip
BAD_DATASET = {
    "properties/label:type": "picture", "properties/label:classes": [{"name": "building"}], "properties/version": "",
    "properties/fair:user_id": "", "properties/fair:chip_count": 0, "properties/fair:surprise": True,
    "properties/keywords": ["castle"], "properties/label:properties": DELETE, "assets/chips": DELETE,
    "properties/deprecated": "no", "properties/providers/0/roles": [], "properties/label:description": DELETE,
}  # fmt: skip
BAD_LOCAL = {
    "properties/fair:accuracy": 0.5, "properties/mlm:pretrained_source": None, "properties/fair:user_id": DELETE,
    f"{HYPER}/epochs": 2, f"{HYPER}/training.epochs": 10_000, f"{HYPER}/training.surprise": 1,
    "assets/checkpoint": DELETE, "assets/source-code": DELETE, "properties/deprecated": DELETE,
}  # fmt: skip


@pytest.mark.spec("21.5", "base-models item, local-models item, datasets item")
@pytest.mark.parametrize(
    ("make", "path", "value"),
    [
        (make, *bad)
        for make, table in ((base, BAD_BASE), (dataset, BAD_DATASET), (local, BAD_LOCAL))
        for bad in table.items()
    ],
)
def test_bad_items_are_told(make, path: str, value: Any):
    problems = item_problems(changed(make(), path, value))
    assert problems
    with pytest.raises(Unprocessable) as refused:
        refuse(problems)
    assert (refused.value.code, refused.value.facts) == ("STAC_VALIDATION_ERROR", {})


def test_labels_have_the_media_type_of_their_format():
    kinds = {
        form: dataset_item(dataset_facts(label_format=form), 1)["assets"]["labels"]["type"]
        for form in ("geojson", "coco", "csv")
    }
    assert kinds == {"geojson": "application/geo+json", "coco": "application/json", "csv": "text/csv"}


def test_files_of_ours_carry_size_and_digest():
    assets = dataset()["assets"]
    assert (assets["labels"]["file:size"], assets["labels"]["file:checksum"]) == (3, "1220" + "aa" * 32)
    assert "file:size" not in assets["chips"]


def test_local_item_keeps_what_was_used_under_prefixed_keys():
    values = local(hyperparameters={"epochs": 3, "confidence_threshold": 0.9})["properties"]["mlm:hyperparameters"]
    assert values["training.epochs"] == 3
    assert values["inference.confidence_threshold"] == 0.5
    assert all(key.startswith(("training.", "inference.")) for key in values)
    assert local()["geometry"] == AOI


def test_local_item_has_the_post_processing_that_the_run_found():
    found = {"iou": 0.7, "post_processing": {"confidence_threshold": 0.4, "unheard_of": 1}}
    properties = local(metrics=found)["properties"]
    assert properties["mlm:hyperparameters"]["inference.confidence_threshold"] == 0.4
    assert "inference.unheard_of" not in properties["mlm:hyperparameters"]
    assert properties["fair:metrics"] == {"iou": 0.7}


SPEC = [
    {"key": "epochs", "type": "int", "min": 1, "max": 9}, {"key": "rate", "type": "float", "min": 0},
    {"key": "loss", "type": "str", "values": ["a", "b"]}, {"key": "flip", "type": "bool"},
    {"key": "weights", "type": "str", "optional": True},
]  # fmt: skip


@pytest.mark.spec("21.5", "fair:hyperparameters_spec")
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epochs": 3, "rate": 1, "loss": "a", "flip": True, "weights": None}, []),
        ({"epochs": 0}, ["epochs must be at least 1"]),
        ({"epochs": 10}, ["epochs must be at most 9"]),
        ({"epochs": True}, ["epochs must be of type int"]),
        ({"epochs": 1.5}, ["epochs must be of type int"]),
        ({"loss": "c"}, ["loss must be one of a, b"]),
        ({"flip": 1}, ["flip must be of type bool"]),
        ({"epochs": None}, ["epochs must be of type int"]),
        ({"surprise": 1}, ["surprise is not in fair:hyperparameters_spec"]),
    ],
)
def test_values_are_held_to_their_spec(values, words):
    assert list(value_problems(values, SPEC)) == words


def test_promised_metrics_are_asked_for_by_key():
    promised = {"fair:metrics_spec": [{"key": "iou", "name": "Mean IoU"}, {"name": "only a name"}]}
    assert metric_problems({"iou": 1}, promised) == []
    assert metric_problems({"Mean IoU": 1}, promised) == ["the run did not report the metric iou"]


def test_schema_of_another_deployment_becomes_ours():
    foreign = base_item(443)
    foreign["stac_extensions"] = ["https://models.example/schemas/v1.0.0/base-model/schema.json"]
    assert item_problems(_prepared(foreign, 1)) == []


@pytest.mark.parametrize("item", [{}, {"properties": None}, {"id": "a", "properties": {"mlm:name": "a"}}, {"id": 5}])
def test_useless_submissions_are_told(item):
    with pytest.raises(BadItem):
        parse_submission(item)


@pytest.mark.parametrize(
    ("source", "there"),
    [("def f(): ...", True), ("from a import b as f", True), ("f = g(1)", True), ("def g(f): ...", False)],
)
def test_entrypoints_are_found_without_running_code(source: str, there: bool):
    assert defines_name(source, "f") == there


@pytest.mark.spec("21.5", "transactions with bearer")
async def test_items_are_written_with_the_key():
    seen: list[tuple[str, str, str | None]] = []

    def answered(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path, request.headers.get("authorization")))
        return httpx.Response(409 if request.method == "POST" else 200, json={})

    api = StacClient("http://stac.example", "the-key")
    api.http = httpx.AsyncClient(headers=api.http.headers, transport=httpx.MockTransport(answered))
    item = dataset()
    await api.put(item)
    await api.delete("datasets", item["id"])
    await api.stop()
    home, key = "/collections/datasets/items", "Bearer the-key"
    one = f"{home}/{item['id']}"
    assert seen == [("POST", home, key), ("PUT", one, key), ("DELETE", one, key)]


def answering(*answers: httpx.Response) -> tuple[StacClient, list[httpx.Request]]:
    """A client whose requests get these answers, one after the other, and the requests."""
    seen: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answers[len(seen) - 1]

    api = StacClient("http://stac.example", "the-key")
    api.http = httpx.AsyncClient(headers=api.http.headers, transport=httpx.MockTransport(answered))
    return api, seen


async def test_pages_are_asked_for_at_our_own_address_whatever_a_link_names():
    pages = [{"features": [{**dataset(), "id": name}], "links": []} for name in ("a", "b")]
    body = {"collections": ["datasets"], "token": "next:a"}
    pages[0]["links"] = [{"rel": "next", "method": "POST", "href": "http://elsewhere.example/search", "body": body}]
    api, seen = answering(*(httpx.Response(200, json=page) for page in pages))
    assert [item["id"] for item in await api.search("datasets")] == ["a", "b"]
    assert [str(request.url) for request in seen] == ["http://stac.example/search"] * 2
    assert json.loads(seen[1].content) == body


async def test_redirects_are_not_followed():
    api, seen = answering(httpx.Response(302, headers={"location": "http://elsewhere.example/"}))
    with pytest.raises(Unprocessable):
        await api.get("datasets", "a")
    assert len(seen) == 1


async def test_an_endless_answer_is_not_read_to_its_end(monkeypatch):
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b" " * 100

    monkeypatch.setattr("catalog.stac.client.MAX_BYTES", 1000)
    api, _ = answering(httpx.Response(200, content=endless()))
    with pytest.raises(Unavailable):
        await api.get("datasets", "a")
    assert read == 11


def test_image_and_accelerator_are_among_the_facts_of_a_model():
    item = changed(base(), "properties/mlm:accelerator", "cuda")
    facts = summarize_item(changed(item, "properties/mlm:accelerator_count", 2), "", "buildings")
    assert facts.image == item["assets"]["mlm:training"]["href"]
    assert (facts.accelerator, facts.accelerator_count) == ("cuda", 2)


@pytest.mark.parametrize("value", [DELETE, {"href": "./Dockerfile", "type": "text/x-dockerfile"}])
def test_what_cannot_be_pulled_is_no_image(value: Any):
    item = changed(base(), "assets/mlm:training", value)
    facts = summarize_item(changed(item, "properties/mlm:accelerator", None), "", "buildings")
    assert (facts.image, facts.accelerator) == ("", "")


def test_an_idle_connection_is_dropped_before_the_server_drops_it():
    transport: Any = StacClient("http://x", None).http._transport
    assert transport._pool._keepalive_expiry < uvicorn.Config("x").timeout_keep_alive
