"""Errors of the label store have one form; every kind of bad input has its status and its code."""

from typing import Any

import pytest
from conftest import Owners
from label_doors import ADMIN, API, door_bus, door_owners, http, labels, owners, pair

from contracts.catalog import label_campaigns as c
from contracts.catalog.label_image_sets import ChangeImageSet
from contracts.verdict import Kind, Refused

__all__ = ["door_bus", "door_owners", "http", "labels", "owners"]
MEMBERS = {"type", "title", "status", "detail", "code", "instance", "trace_id"}
PARTY = pair("party")


def checked(response: Any, status: int, code: str) -> dict[str, Any]:
    body = response.json()
    assert (response.status_code, body["status"], body["code"], body["type"]) == (status, status, code, "about:blank")
    assert response.headers["content-type"] == "application/problem+json"
    extra = {400: {"errors"}, 422: {"errors"}}.get(status, {"error"} if code == "unauthenticated" else set())
    assert body.keys() == MEMBERS | extra
    return body


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/campaigns/5/nothing", 404, "not_found"), ("GET", "/image_sets/x", 404, "not_found"),
        ("GET", "/images/-1", 404, "not_found"), ("GET", "/images/1.0", 404, "not_found"),
        ("GET", "/images/9223372036854775808", 404, "not_found"), ("GET", "/images/%00", 404, "not_found"),
        ("PATCH", "/campaigns", 405, "method_not_allowed"), ("DELETE", "/images/5", 405, "method_not_allowed"),
        ("GET", "/campaigns?colour=red", 400, "invalid_request"), ("GET", "/campaigns?page=0", 400, "invalid_request"),
        ("GET", "/campaigns?page=1.0", 400, "invalid_request"), ("GET", "/campaigns?page=", 400, "invalid_request"),
        ("GET", "/campaigns?per_page=-1", 400, "invalid_request"), ("GET", "/images?bbox=1,2", 400, "invalid_request"),
        ("GET", "/images?labeled=yes", 400, "invalid_request"), ("GET", "/images?bbox=9,2,3,4", 400, "invalid_request"),
        ("GET", "/images/5/objects?campaigns=", 400, "invalid_request"),
        ("GET", "/images/5/objects?campaigns=1,,2", 400, "invalid_request"),
        ("GET", "/images/5/objects?campaigns=1&campaigns=x", 400, "invalid_request"),
        ("DELETE", "/image_sets/5/files", 400, "invalid_request"),
    ],
)  # fmt: skip
async def test_addresses_and_queries(http, labels: Owners, method: str, path: str, status: int, code: str):
    checked(await http.request(method, API + path, headers=PARTY), status, code)


@pytest.mark.parametrize(
    ("method", "path", "body", "at"),
    [
        ("POST", "/campaigns", {"title": 5, "labeler_email": "a@b"}, "title"),
        ("POST", "/campaigns", {"title": "x", "labeler_email": "a@b@c"}, ""),
        ("POST", "/campaigns", {"title": "x", "labeler_email": "@b"}, ""),
        ("POST", "/campaigns", {"title": "x" * 129, "labeler_email": "a@b"}, "title"),
        ("POST", "/campaigns", {"title": "x", "labeler_email": "a@b", "apply_label_translations": 1},
         "apply_label_translations"),
        ("POST", "/campaigns", ["x"], ""), ("PUT", "/campaigns/5", {"new_status": "open"}, "new_status"),
        ("POST", "/image_sets", {"title": ""}, "title"),
        ("POST", "/image_sets", {"title": "x", "metadata": []}, "metadata"),
        ("PUT", "/image_sets/5", {}, "new_status"), ("POST", "/image_sets/5/images", {"id": 1}, ""),
        ("POST", "/image_sets/5/images", [{"id": 1, "filepath": "a"}], "0"),
        ("POST", "/campaigns/5/images", [{"id": 1}, {}], "1"), ("POST", "/campaigns/5/images", [{"id": "1"}], "0.id"),
        ("POST", "/campaigns/5/images", [{"id": True}], "0.id"), ("POST", "/campaigns/5/images", [{"id": 1.0}], "0.id"),
        ("PATCH", "/images/5", {"location": {"lat": 91}}, "location.lat"),
        ("PATCH", "/images/5", {"georef": {"crs": "x", "transform": [1, 2]}}, "georef.transform"),
        ("POST", "/images", [{"filepath": ""}], "0.filepath"), ("POST", "/label_users", {"email": ""}, "email"),
        ("POST", "/label_users", {"email": "a@b", "issue_key": "yes"}, "issue_key"),
        ("PATCH", "/label_users/5", {"enabled": 0}, "enabled"),
    ],
)  # fmt: skip
async def test_bodies_name_the_member_at_fault(http, labels: Owners, method: str, path: str, body: Any, at: str):
    found = checked(await http.request(method, API + path, headers=PARTY, json=body), 400, "invalid_request")
    assert at in [error["path"] for error in found["errors"]]
    assert all(error["message"] for error in found["errors"])


async def test_content_type_size_and_syntax(http, labels: Owners):
    url, text = f"{API}/campaigns", {"content-type": "text/plain"}
    checked(await http.post(url, headers=PARTY | text, content=b"{}"), 415, "unsupported_media_type")
    checked(await http.post(f"{url}?no=1", headers=PARTY | text, content=b"{}"), 415, "unsupported_media_type")
    checked(await http.post(url, headers=PARTY, json={"title": "x" * 70_000}), 413, "too_large")
    plain = PARTY | {"content-type": "application/json"}
    for content in (b"{", b"", b'{"title": NaN}', b'{"title": "\\u0000"}', b"[" * 100 + b"]" * 100):
        checked(await http.post(url, headers=plain, content=content), 400, "invalid_request")


@pytest.mark.parametrize(
    ("kind", "code", "facts", "status", "shown"),
    [
        (Kind.FORBIDDEN, "not_authorized", {}, 401, "not_authorized"),
        (Kind.UNAUTHENTICATED, "unauthenticated", {}, 401, "unauthenticated"),
        (Kind.NOT_FOUND, "not_found", {}, 404, "not_found"), (Kind.CONFLICT, "title_taken", {}, 409, "conflict"),
        (Kind.INVALID, "invalid_request", {"title": ["is odd"]}, 400, "invalid_request"),
        (Kind.UNPROCESSABLE, "invalid_name", {}, 422, "invalid_name"),
        (Kind.UNAVAILABLE, "storage_unavailable", {}, 503, "storage_unavailable"),
        (Kind.EXPIRED, "expired", {}, 503, "expired"),
    ],
)  # fmt: skip
async def test_refusals_of_the_owner(http, labels: Owners, kind: Kind, code: str, facts, status: int, shown: str):
    labels.judge(ChangeImageSet, Refused(kind=kind, code=code, detail="So it is.", facts=facts))
    response = await http.put(f"{API}/image_sets/5", headers=PARTY, json={"new_status": "finished"})
    body = checked(response, status, shown)
    assert body["detail"].startswith("So it is")
    if facts:
        assert body["errors"] == [{"path": "title", "message": "is odd"}]


async def test_a_silent_owner_is_503_and_never_pending(http, labels: Owners):
    response = await http.put(f"{API}/campaigns/5", headers=PARTY, json={"new_status": "active"})
    checked(response, 503, "no_verdict")
    assert response.headers["retry-after"]
    assert labels.last(c.ChangeCampaign) == {"campaign_id": 5, "new_status": "active"}


async def test_translations_that_shall_be_applied_are_labels(http, labels: Owners):
    body = {"title": "x", "labeler_email": "a@b", "label_translations": {"fles": "", "zak": 5}}
    labels.judge(c.CreateCampaign, Refused(kind=Kind.CONFLICT, code="title_taken"))
    wanted = {"apply_label_translations": True}
    response = await http.post(f"{API}/campaigns", headers=ADMIN, json=body | wanted)
    assert "label_translations.fles" in checked(response, 422, "invalid_value")["detail"]
    checked(await http.post(f"{API}/campaigns", headers=ADMIN, json=body), 409, "conflict")


async def test_paths_of_others_keep_the_problem_of_the_house(http, labels: Owners):
    body = (await http.get(f"{API}/nothing", headers=PARTY)).json()
    assert (body["status"], body["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
