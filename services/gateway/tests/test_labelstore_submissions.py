"""Submissions of objects: checked entry by entry, and carried through the object store when they are large."""

import json
import tracemalloc
from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest
from conftest import Owners
from label_doors import API, door_bus, door_owners, http, labels, owners, pair

from contracts import headers as h
from contracts.catalog.label_objects import StorePredictions, SubmitObjects
from contracts.verdict import Accepted
from kit.messaging.bus import Bus
from kit.storage.local_folder import LocalFolder

__all__ = ["door_bus", "door_owners", "http", "labels", "owners"]
URL, JSON = f"{API}/campaigns/5/objects", {"content-type": "application/json"}
PARTY = pair("party")
BOX = {"xmin": 1, "xmax": 9, "ymin": 3, "ymax": 4}
OBJECT = {"label": "bottle", "bounding_box": BOX}
NO_BOX = {"label": "bottle"}


def entry(**members: Any) -> list[dict[str, Any]]:
    return [{"image_id": 17, "objects": [{**OBJECT, **members}]}]


def large(images: int) -> list[dict[str, Any]]:
    return [{"image_id": number, "objects": [OBJECT] * 10} for number in range(images)]


@pytest.fixture
def store(door_bus: Bus, tmp_path, monkeypatch: pytest.MonkeyPatch) -> LocalFolder:
    folder = LocalFolder(tmp_path)
    monkeypatch.setattr(door_bus, "storage", folder)
    return folder


@pytest.mark.parametrize(
    "body",
    [
        [], [{"image_id": 17, "objects": []}], entry(), entry(label_translated=None, confidence=None, more="ignored"),
        entry(confidence=1), entry(bounding_box=None, geometry={"type": "image"}),
        entry(geometry={"type": "polygon", "coordinates": [[[[0, 0], [4, 0], [4, 4.5]]]]}),
        entry(geometry={"type": "mask", "size": [4, 4], "counts": "abc"}), entry(label="naïve ⚓"),
    ],
)  # fmt: skip
async def test_good_submissions_reach_their_owner(http, labels: Owners, body: list[Any]):
    labels.judge(SubmitObjects, Accepted(result="ok"))
    response = await http.put(URL, headers=PARTY, json=body)
    assert (response.status_code, response.text) == (200, '"ok"')
    sent = labels.last(SubmitObjects)
    assert (sent["campaign_id"], len(sent["images"])) == (5, len(body))
    if body and body[0]["objects"]:
        assert sent["images"][0]["objects"][0]["label"] == body[0]["objects"][0]["label"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (entry(label=""), "0.objects.0.label"), (entry(label="x" * 129), "0.objects.0.label"),
        (entry(label=None), "0.objects.0.label"), (entry(label_translated=""), "0.objects.0.label_translated"),
        (entry(label_translated="x" * 129), "0.objects.0.label_translated"),
        (entry(confidence=1.1), "0.objects.0.confidence"), (entry(confidence="1"), "0.objects.0.confidence"),
        (entry(confidence=True), "0.objects.0.confidence"),
        (entry(bounding_box={**BOX, "xmin": "1"}), "0.objects.0.bounding_box.xmin"),
        (entry(bounding_box={**BOX, "xmin": 1.5}), "0.objects.0.bounding_box.xmin"),
        (entry(bounding_box={**BOX, "xmin": -1}), "0.objects.0.bounding_box.xmin"),
        (entry(bounding_box={**BOX, "xmax": 2**31}), "0.objects.0.bounding_box.xmax"),
        (entry(bounding_box={**BOX, "xmax": 2**70}), "0"),
        (entry(bounding_box={"xmin": 1}), "0.objects.0.bounding_box.xmax"),
        (entry(label="a\0b"), "0"), ([{"image_id": 17, "objects": [NO_BOX]}], "0.objects.0"),
        ([{"objects": []}], "0.image_id"), ([{"image_id": 1}], "0.objects"),
        ([{"image_id": "1", "objects": []}], "0.image_id"),
        ([5], "0"), ({"image_id": 1}, ""), ("text", ""), (None, ""),
        ([*entry(), {"image_id": 2, "objects": [OBJECT, {**OBJECT, "label": ""}]}], "1.objects.1.label"),
    ],
)  # fmt: skip
async def test_bad_submissions_name_the_member(http, labels: Owners, body: Any, path: str):
    response = await http.put(URL, headers=PARTY, json=body)
    found = response.json()
    assert (response.status_code, found["code"]) == (400, "invalid_request")
    assert path in [error["path"] for error in found["errors"]], found["errors"]
    assert not [kind for kind, _, _ in labels.heard if kind == SubmitObjects.ce_type()]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[", b"[1", b"[] []", b"nothing", b"[NaN]", b'[{"image_id": 1, "objects": []},]', b"\xff\xfe[]",
        json.dumps(entry(confidence=0.5)).replace("0.5", "1e999").encode(),
        json.dumps(entry(confidence=0.5)).replace("0.5", "NaN").encode(),
        json.dumps(entry(confidence=0.5)).replace("0.5", "Infinity").encode(), b"[" * 50_000,
        json.dumps(entry(label="x")).replace('"x"', '"\\ud800"').encode(),
    ],
)  # fmt: skip
async def test_what_is_no_json_is_refused(http, labels: Owners, content: bytes):
    response = await http.put(URL, headers={**PARTY, **JSON}, content=content)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request"), response.text


async def test_type_size_and_number_are_limited(http, labels: Owners, store: LocalFolder, monkeypatch):
    wrong = await http.put(URL, headers={**PARTY, "content-type": "text/csv"}, content=b"[]")
    assert (wrong.status_code, wrong.json()["code"]) == (415, "unsupported_media_type")
    settings = http._transport.app.state.context.settings
    monkeypatch.setattr(settings, "label_max_submission", 3)
    many = await http.put(URL, headers=PARTY, json=large(4))
    assert (many.status_code, many.json()["code"]) == (413, "too_large")
    monkeypatch.setattr(settings, "label_max_objects", 29)
    crowded = await http.put(URL, headers=PARTY, json=large(3))
    assert (crowded.status_code, crowded.json()["code"]) == (413, "too_large")
    assert "29 objects" in crowded.json()["detail"]
    monkeypatch.setattr(settings, "label_max_objects", 30)
    monkeypatch.setattr(settings, "label_max_body", 70_000)
    for content in (orjson.dumps(large(100)), _pieces(orjson.dumps(large(100)))):
        big = await http.put(URL, headers={**PARTY, **JSON}, content=content)
        assert (big.status_code, big.json()["code"]) == (413, "too_large")
    assert not [kind for kind, _, _ in labels.heard if kind == SubmitObjects.ce_type()]


async def _pieces(content: bytes):
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


async def test_a_million_objects_are_refused_in_little_memory(http, labels: Owners, store: LocalFolder):
    objects = json.dumps([OBJECT] * 100)
    entries = (f'{"," if number else "["}{{"image_id":{number},"objects":{objects}}}' for number in range(10_000))

    async def content():
        for entry in entries:
            yield entry.encode()
        yield b"]"

    tracemalloc.start()
    try:
        response = await http.put(URL, headers={**PARTY, **JSON}, content=content())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (response.status_code, response.json()["code"]) == (413, "too_large"), response.text
    assert peak < 16 << 20
    assert not [kind for kind, _, _ in labels.heard if kind == SubmitObjects.ce_type()]


async def test_many_errors_are_counted_and_the_first_are_listed(http, labels: Owners):
    body = [{"image_id": number, "objects": [{**OBJECT, "label": ""}]} for number in range(200)]
    found = (await http.put(URL, headers=PARTY, json=body)).json()
    assert len(found["errors"]) == 100
    assert "200 errors; the first 100 are listed" in found["detail"]


async def test_a_large_submission_goes_through_the_object_store(http, labels: Owners, store: LocalFolder):
    body = large(2_000)
    labels.judge(SubmitObjects, Accepted(result="ok"))
    response = await http.put(URL, headers=PARTY, json=body)
    assert response.status_code == 200, response.text
    headers = labels.heard[-1][2]
    content = await store.get(headers[h.STAGED])
    assert (headers[h.STAGED_SIZE], headers[h.STAGED_SHA256]) == (str(len(content)), sha256(content).hexdigest())
    command = SubmitObjects.model_validate_json(content)
    assert (command.campaign_id, len(command.images), command.images[1999].image_id) == (5, 2_000, 1999)


async def test_without_an_object_store_a_large_submission_is_503(http, labels: Owners):
    response = await http.put(URL, headers=PARTY, json=large(2_000))
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")


async def test_a_body_is_never_whole_in_memory(http, labels: Owners, store: LocalFolder):
    labels.judge(SubmitObjects, Accepted(result="ok"))
    content = orjson.dumps(large(9_000))
    assert len(content) > 6_000_000
    tracemalloc.start()
    try:
        response = await http.put(URL, headers={**PARTY, **JSON}, content=_pieces(content))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert response.status_code == 200
    assert peak < len(content) / 2, peak


async def test_a_repeated_submission_has_one_effect(http: httpx.AsyncClient, labels: Owners, store: LocalFolder):
    done = Accepted(result="ok")
    labels.judge(SubmitObjects, done)
    labels.queries["qry.catalog.v1.get_command"] = {"verdict": done.model_dump(mode="json")}
    headers = {**PARTY, "idempotency-key": "once"}
    answers = [await http.put(URL, headers=headers, json=large(images)) for images in (1_500, 1_500, 1_501)]
    assert [one.status_code for one in answers] == [200, 200, 422]
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert [kind for kind, _, _ in labels.heard].count(SubmitObjects.ce_type()) == 1


async def test_predictions_are_carried_alike(http, labels: Owners):
    labels.judge(StorePredictions, Accepted(result={"wanted": 1, "done": 1, "left_out": [], "altered": []}))
    url = f"{API}/campaigns/5/predictions"
    body = [{"image_id": 17, "uncertainty": 0.4, "objects": [{**OBJECT, "confidence": 0.6}]}]
    response = await http.put(f"{url}?model=roofs-v2", headers=PARTY, json=body)
    assert (response.status_code, response.json()["done"]) == (200, 1)
    sent = labels.last(StorePredictions)
    assert (sent["model"], sent["campaign_id"], sent["images"][0]["uncertainty"]) == ("roofs-v2", 5, 0.4)
    assert (await http.put(url, headers=PARTY, json=body)).status_code == 400
    body[0]["uncertainty"] = 2
    assert (await http.put(f"{url}?model=roofs-v2", headers=PARTY, json=body)).status_code == 400
