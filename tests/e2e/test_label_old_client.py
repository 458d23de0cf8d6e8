"""A client of the label store that came before us works with the base address changed only; where we differ on purpose
(section 14 of the label store's specification), it sees the difference that was announced."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.e2e.conftest import Platform
from tests.e2e.label_old_client import BOX, OldClient, found

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
MAX = 2**31


@pytest.fixture(scope="module")
def admin(platform: Platform) -> Iterator[OldClient]:
    body = {"email": f"{uuid4().hex}@labels.example", "roles": [{"role": "image-admin"}]}
    with platform.client() as operator:
        token = operator.transport.write("POST", "/label_users", body)["access_token"]
    client = OldClient(platform.url, token["apikey"], token["apisecret"])
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def name() -> str:
    return f"old-{uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def images(admin: OldClient, name: str) -> list[int]:
    return admin.ingested(name, 3)[1]


@pytest.fixture(scope="module")
def party(admin: OldClient, name: str, images: list[int]) -> Iterator[OldClient]:
    """A labeller, with a campaign of his own."""
    _, token = admin.campaign(f"{name}-p", f"{name}@labels.example", images[:1])
    client = OldClient(admin.base, token["apikey"], token["apisecret"])
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def finished(admin: OldClient, party: OldClient, name: str, images: list[int]) -> list[str]:
    """Two campaigns of the same images. The first labels all, the newer one leaves the last unlabelled."""
    paths = []
    for number in range(2):
        path, token = admin.campaign(f"{name}-{number}", f"{name}@LABELS.example", images)
        assert token == {"apikey": party.key, "apisecret": None}  # D19: the same user, however it is written
        said = [{"image_id": one, "objects": [found(confidence=0.5)]} for one in images[: 3 - number]]
        assert party.call("PUT", f"{path}/objects", said) == "ok"
        if number:
            assert admin.call("PUT", path, {"new_status": "completed"}) == "ok"
        assert admin.call("PUT", path, {"new_status": "finished"}) == "ok"
        paths.append(path)
    for path in paths:
        admin.wait(path, "export")
    return paths


def test_pictures_are_listed_read_and_described(admin: OldClient, party: OldClient, images: list[int]):
    first = admin.call("GET", f"/images/{images[0]}/metadata")
    assert (first["file"]["filetype"], first["file"]["dimensions"]) == ("PNG", {"width": 64, "height": 48})
    response = party.http.get(f"/images/{images[0]}")
    assert (response.status_code, response.json()) == (303, response.headers["location"])
    assert httpx.get(response.json(), trust_env=False).content[1:4] == b"PNG"
    assert party.refused("GET", f"/images/{images[2]}", 401) == "not_authorized"
    assert party.refused("GET", "/images/999999999", 404) == "not_found"
    assert admin.call("PATCH", f"/images/{images[0]}", {"type": "drone"})["type"] == "drone"
    assert images[0] in [one["image_id"] for one in admin.call("GET", "/images?type=drone&per_page=1000")["images"]]


def test_sets_follow_their_states(admin: OldClient, name: str):
    row = admin.call("POST", "/image_sets", {"title": f"{name}-s", "metadata": {"river": "Danube"}})
    path = f"/image_sets/{row['imageset_id']}"
    assert row["dropbox_url"] == row["upload"]["url"]
    admin.upload(row["upload"], "sub/a.png", b"x")
    assert [one["name"] for one in admin.call("GET", f"{path}/files")["files"]] == ["sub/a.png"]
    assert admin.http.get(f"{path}/files?name=sub/a.png").status_code == 303
    admin.call("DELETE", f"{path}/files?name=sub/a.png", status=204)
    renewed = admin.call("POST", f"{path}/upload_token")  # D16
    ends = datetime.fromisoformat(renewed["upload"]["expires_at"])
    assert ends - datetime.now(UTC) < timedelta(days=7, minutes=1)
    assert admin.refused("POST", f"{path}/ingest", 409) == "conflict"  # D13
    assert admin.refused("PUT", path, 409, {"new_status": "created"}) == "conflict"
    assert admin.call("PUT", path, {"new_status": "finished"}) == "ok"
    assert admin.wait(path, "ingest")["ingest"]["files_total"] == 0  # D13
    (listed,) = admin.call("GET", f"/image_sets?title={name}-s")["image_sets"]
    assert listed["imageset_id"] == row["imageset_id"]


def test_large_files_are_counted(admin: OldClient, name: str, images: list[int]):
    """D18, and routes that put known pictures into a set."""
    stored = admin.call("GET", f"/images/{images[0]}/metadata")["blobstorage_path"].rpartition("/")[0]
    file = {"filetype": "TIFF", "filesize": 5 * MAX, "dimensions": {"width": 9, "height": 9}}
    body = [{"filepath": f"{stored}/{uuid4().hex}.tif", "file": file}]
    (made,) = admin.call("POST", "/images?inspect=false", body, 201)["images"]
    assert made["file"]["filesize"] == 5 * MAX
    row = admin.call("POST", "/image_sets", {"title": f"{name}-l"})
    path = f"/image_sets/{row['imageset_id']}/images"
    assert admin.call("POST", path, [{"filepath": made["blobstorage_path"]}]) == "ok"
    assert [one["image_id"] for one in admin.call("GET", path)["images"]] == [made["image_id"]]
    assert admin.refused("POST", path, 409, [{"id": made["image_id"]}]) == "conflict"


def test_credentials_come_before_everything(admin: OldClient, party: OldClient):
    for headers in ({}, {"authentication-key": party.key}, {"authentication-key": party.key,
                                                            "authentication-secret": "x"}):  # fmt: skip
        answer = httpx.post(f"{admin.base}/campaigns", content=b"{", headers=headers, trust_env=False)  # D2
        body = answer.json()
        assert (answer.status_code, body["code"], body["error"]) == (401, "unauthenticated", body["detail"])
        assert answer.headers["content-type"] == "application/problem+json"  # D17
        assert "Authentication-Key" in body["detail"]
        assert "Authentication-Secret" in body["detail"]
    assert party.refused("GET", "/campaigns", 401) == "not_authorized"  # D1
    assert party.call("GET", "/label_users/me")["apikey"] == party.key


def test_a_key_without_a_secret_is_no_login(admin: OldClient, platform: Platform, name: str):
    """D15: such rows come from the database of the reference."""
    user = admin.call("POST", "/label_users", {"email": f"{name}-k@labels.example"}, 201)
    with psycopg.connect(platform.env["DATABASE_URL_CATALOG"]) as database:
        database.execute("update labelstore.users set secret_hash = null where id = %s", (user["user_id"],))
    client = OldClient(admin.base, user["access_token"]["apikey"], user["access_token"]["apisecret"])
    assert client.refused("GET", "/label_users/me", 401) == "unauthenticated"
    again = admin.call("POST", f"/label_users/{user['user_id']}/credentials", {}, 201)
    client = OldClient(admin.base, again["apikey"], again["apisecret"])
    assert client.call("GET", "/label_users/me")["user_id"] == user["user_id"]
    assert admin.call("PATCH", f"/label_users/{user['user_id']}", {"enabled": False})["enabled"] is False
    assert client.refused("GET", "/label_users/me", 401) == "unauthenticated"


def test_pages_are_counted(admin: OldClient, finished: list[str]):
    """D3."""
    pages = admin.call("GET", f"{finished[0]}/images?per_page=2&page=2")["pagination"]
    assert pages == {"page": 2, "pages": 2, "total": 3, "per_page": 2, "next": None, "prev": 1}
    assert admin.refused("GET", f"{finished[0]}/images?per_page=2&page=3", 404) == "not_found"


def test_an_image_that_is_named_twice_is_in_a_campaign_once(admin: OldClient, party: OldClient, name, images):
    """D4, and D9: nothing sent completes nothing."""
    row = admin.call("POST", "/campaigns", {"title": f"{name}-t", "labeler_email": f"{name}@labels.example"})
    path = f"/campaigns/{row['campaign_id']}"
    assert admin.call("PUT", path, {"new_status": "active"}) == "ok"
    assert party.call("PUT", f"{path}/objects", []) == "ok"
    assert admin.call("GET", path)["status"] == "active"
    path, _ = admin.campaign(f"{name}-u", f"{name}@labels.example", [images[0], images[0], images[1]])
    assert admin.call("GET", path)["progress"] == {"total": 2, "done": 0}
    party.call("PUT", f"{path}/objects", [{"image_id": one, "objects": []} for one in images[:2]])
    assert admin.call("GET", path)["status"] == "completed"
    assert admin.call("PUT", path, {"new_status": "active"}) == "ok"
    assert party.call("PUT", f"{path}/objects", []) == "ok"
    assert admin.call("GET", path)["status"] == "active"


@pytest.mark.parametrize(
    ("objects", "status", "code"),
    [
        ([found(bounding_box={**BOX, "xmin": 30})], 422, "invalid_bounding_box"),  # D5
        ([found(bounding_box={**BOX, "ymin": 16})], 422, "invalid_bounding_box"),
        ([found(label_translated="x" * 129)], 400, "invalid_request"),  # D6
        ([found(bounding_box={**BOX, "xmax": MAX})], 400, "invalid_request"),
        ([found(label_translated="")], 400, "invalid_request"),  # D7
        ([found("")], 400, "invalid_request"), ([found(confidence=1.5)], 400, "invalid_request"),
    ],
)  # fmt: skip
def test_bad_objects_change_nothing(
    admin: OldClient, party: OldClient, images: list[int], objects: list[Any], status: int, code: str
):
    path = _own(party)
    before = admin.call("GET", f"{path}/objects")
    assert party.refused("PUT", f"{path}/objects", status, [{"image_id": images[0], "objects": objects}]) == code
    assert admin.call("GET", f"{path}/objects") == before


def test_an_image_twice_in_a_submission_is_refused(party: OldClient, images: list[int]):
    """D8."""
    entry = {"image_id": images[0], "objects": []}
    assert party.refused("PUT", f"{_own(party)}/objects", 422, [entry, entry]) == "duplicate_image"


def test_no_translation_is_none(admin: OldClient, party: OldClient, images: list[int]):
    """D6."""
    path = _own(party)
    party.call("PUT", f"{path}/objects", [{"image_id": images[0], "objects": [found(label_translated=None)]}])
    (one,) = admin.call("GET", f"/images/{images[0]}/objects?campaigns={path.rpartition('/')[2]}")
    assert (one["label"], one["bounding_box"]) == ("bottle", BOX)


def test_the_campaign_that_labelled_an_image_answers(admin: OldClient, images: list[int], finished: list[str]):
    """D11."""
    numbers = [int(path.rpartition("/")[2]) for path in finished]
    assert [one["campaign_id"] for one in admin.call("GET", f"/images/{images[2]}/objects")] == [numbers[0]]
    assert [one["campaign_id"] for one in admin.call("GET", f"/images/{images[0]}/objects")] == [numbers[1]]
    listed = admin.call("GET", f"{finished[1]}/objects")["images"]
    assert [len(one["objects"]) for one in listed] == [1, 1, 0]


def test_a_dataset_has_what_was_labelled(admin: OldClient, images: list[int], finished: list[str]):
    """D10, D13 and D14."""
    for path, count in zip(finished, (3, 2), strict=True):
        export = admin.call("GET", path)["export"]
        assert (export["state"], export["version"]) == ("done", 1)
        dataset = admin.call("GET", f"/label_datasets/{export['dataset_id']}")
        assert (dataset["image_count"], dataset["classes"]) == (count, ["bottle"])
        response = admin.http.get(f"/label_datasets/{export['dataset_id']}/files/labels.csv")
        text = httpx.get(response.headers["location"], trust_env=False).text
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [json.loads(row["label_confidence"]) for row in rows] == [[0.5]] * count
        labels = [{"label": "bottle", "bottomX": 4, "topX": 20, "bottomY": 6, "topY": 16}]
        assert json.loads(rows[0]["label"]) == labels
    assert admin.refused("PUT", finished[0], 409, {"new_status": "active"}) == "conflict"


def _own(party: OldClient) -> str:
    """The campaign of the labeller that stays active: his first role."""
    roles = party.call("GET", "/label_users/me")["roles"]
    return f"/campaigns/{min(one['subject_id'] for one in roles)}"
