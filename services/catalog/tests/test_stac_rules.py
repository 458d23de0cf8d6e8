"""What the catalogue lets in, told without any server."""

import copy
import json
from typing import Any

import httpx
import pytest
from stac_things import AOI, REPOSITORY, base_item, dataset_facts, publishable

from catalog.models.domain import BadItem, binds, submitted
from catalog.models.facts import model_facts
from catalog.models.registration import _prepared
from catalog.stac.api import StacApi
from catalog.stac.dataset_item import dataset_item
from catalog.stac.facts import PublishedRun, StoredFile
from catalog.stac.hyperparameters import value_problems
from catalog.stac.local_item import local_item
from catalog.stac.promised_metrics import metric_problems
from catalog.stac.validate import item_problems, refuse
from kit.errors import Unprocessable

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
    facts = publishable()
    names = ("hyperparameters", "metrics", "split", "started_at", "ended_at", "wall_seconds", "keywords", "version")
    file = StoredFile("s3://bucket/file", 5, "ab" * 32)
    run = PublishedRun(
        item_id="t-local", name="roofs", title="Roofs", description="Of the hill", user_id=7, model=file,
        checkpoint=file, training_metrics=file, **{name: facts[name] for name in names} | changes,
    )  # fmt: skip
    return local_item(run, base(), "https://stac.example/base", dataset(), "https://stac.example/dataset")


@pytest.mark.parametrize("make", [base, dataset, local])
def test_what_we_build_is_valid(make):
    assert item_problems(make()) == []


@pytest.mark.parametrize("name", ["unet", "rooftop_light"])
def test_items_of_shipped_plugins_are_valid(name: str):
    item = json.loads((REPOSITORY / "models" / name / "stac-item.json").read_text())
    assert item_problems(_prepared(item, 1)) == []


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
        submitted(item)


@pytest.mark.parametrize(
    ("source", "there"),
    [("def f(): ...", True), ("from a import b as f", True), ("f = g(1)", True), ("def g(f): ...", False)],
)
def test_entrypoints_are_found_without_running_code(source: str, there: bool):
    assert binds(source, "f") == there


@pytest.mark.spec("21.5", "transactions with bearer")
async def test_items_are_written_with_the_key():
    seen: list[tuple[str, str, str | None]] = []

    def answered(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path, request.headers.get("authorization")))
        return httpx.Response(409 if request.method == "POST" else 200, json={})

    api = StacApi("http://stac.example", "the-key")
    api.http = httpx.AsyncClient(headers=api.http.headers, transport=httpx.MockTransport(answered))
    item = dataset()
    await api.put(item)
    await api.delete("datasets", item["id"])
    await api.stop()
    home, key = "/collections/datasets/items", "Bearer the-key"
    one = f"{home}/{item['id']}"
    assert seen == [("POST", home, key), ("PUT", one, key), ("DELETE", one, key)]


def test_image_and_accelerator_are_among_the_facts_of_a_model():
    item = changed(base(), "properties/mlm:accelerator", "cuda")
    facts = model_facts(changed(item, "properties/mlm:accelerator_count", 2), "", "buildings")
    assert facts.image == item["assets"]["mlm:training"]["href"]
    assert (facts.accelerator, facts.accelerator_count) == ("cuda", 2)


@pytest.mark.parametrize("value", [DELETE, {"href": "./Dockerfile", "type": "text/x-dockerfile"}])
def test_what_cannot_be_pulled_is_no_image(value: Any):
    item = changed(base(), "assets/mlm:training", value)
    facts = model_facts(changed(item, "properties/mlm:accelerator", None), "", "buildings")
    assert (facts.image, facts.accelerator) == ("", "")
